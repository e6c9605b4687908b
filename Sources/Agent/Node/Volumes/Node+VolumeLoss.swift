// SPDX-License-Identifier: Apache-2.0
internal import Desired

// What becomes of containers whose volume is somebody else's now; for those whose store does not answer see
// Node+VolumeLimit.swift.

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
        stop(users(of: name).map(\.record.id), because: "volume \(name.name): \(reason)")
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

    /// Starts who was stopped until the store had what they wrote.
    func goOnWithHalted(_ name: VolumeName) async {
        let ids = kept[name]?.halted ?? []
        kept[name]?.halted = []
        for id in ids where instances[id].map({ !isStopped($0.record.name) }) == true {
            do { try await launch(id) } catch { await restart(id, nil, ran: .zero, because: "\(error)") }
        }
    }

    func stop(_ ids: [String], because reason: String) {
        for id in ids {
            instances[id]?.lastEnd = reason
            Task {
                do { try await stop(id) } catch { tell(.failed, id, "\(error)") }
            }
        }
    }
}
