// SPDX-License-Identifier: Apache-2.0
internal import Desired

// What becomes of containers whose volume is somebody else's now, or whose store does not answer.

extension Node {
    /// Nobody who is stopped takes longer to end.
    private static let endTime = Duration.seconds(600)

    /// Stops who uses a volume that somebody else writes; its files stay where they are, and what was not committed
    /// becomes a branch in the store.
    func fence(_ name: VolumeName, _ reason: String) {
        guard kept[name]?.state != .fenced(reason) else { return }
        kept[name]?.state = .fenced(reason)
        let held = kept[name]?.held
        held?.callOff()
        kept[name]?.held = nil
        kept[name]?.branch = nil
        events.append(.fenced, app: name.app, "volume \(name.name): \(reason): what uses it is stopped")
        stopUsers(of: name, because: "volume \(name.name): \(reason)")
        changed()
        guard let held else { return }
        Task { await branch(name, held, reason) }
    }

    private func branch(_ name: VolumeName, _ held: HeldVolume, _ reason: String) async {
        let isStill = await until(.now + Self.endTime) { users(of: name).isEmpty }
        do {
            if let branch = try await held.branch(isCut: isStill) {
                if kept[name]?.state == .fenced(reason) { kept[name]?.branch = branch }
                events.append(
                    .branched,
                    app: name.app,
                    "volume \(name.name): what was not committed is in branch \(branch)"
                )
            }
        } catch {
            events.append(
                .failed,
                app: name.app,
                "volume \(name.name): what was not committed is on this node alone: \(error)"
            )
        }
        await takeVolume(name)
        // Unless it was had again meanwhile.
        if kept[name]?.state == .fenced(reason), users(of: name).isEmpty { await unserve(name) }
        endVolume(name)
        changed()
    }

    /// Stops who uses a volume that holds more than its store may lack.
    func haltIfTooDirty(_ name: VolumeName) {
        guard let volume = kept[name], volume.storage.onStoreDown == .stop,
            let most = volume.storage.maximumDirty?.bytes, volume.dirty > UInt64(clamping: most),
            volume.halted.isEmpty
        else { return }
        let halted = stopUsers(of: name, because: "volume \(name.name): its store does not answer")
        kept[name]?.halted = halted
        events.append(
            .held,
            app: name.app,
            "volume \(name.name): \(volume.dirty) bytes are not in the store: what uses it is stopped until they are"
        )
    }

    /// Starts who was stopped until the store had what they wrote.
    func goOnWithHalted(_ name: VolumeName) async {
        let ids = kept[name]?.halted ?? []
        kept[name]?.halted = []
        for id in ids where instances[id].map({ !isStopped($0.record.name) }) == true {
            do { try await launch(id) } catch { await restart(id, nil, ran: .zero, because: "\(error)") }
        }
    }

    /// The ids of whom it stops.
    @discardableResult
    private func stopUsers(of name: VolumeName, because reason: String) -> [String] {
        let ids = users(of: name).map(\.record.id)
        for id in ids {
            instances[id]?.lastEnd = reason
            Task {
                do { try await stop(id) } catch { tell(.failed, id, "\(error)") }
            }
        }
        return ids
    }
}
