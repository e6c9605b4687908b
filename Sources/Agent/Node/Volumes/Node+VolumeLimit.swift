// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux

// What becomes of containers whose volume holds more than its store may lack (`on_store_down`).

extension Node {
    /// A moment in which nobody has a file open for writing is looked for so long, and so often.
    private static let quietTime = Duration.seconds(2)
    private static let quietPause = Duration.milliseconds(20)

    /// Keeps who uses a volume from writing more, if its store lacks too much already and does not answer.
    func limitIfTooDirty(_ name: VolumeName) async {
        guard let volume = kept[name], volume.isHeld, let most = volume.storage.maximumDirty?.bytes,
            volume.dirty > UInt64(clamping: most)
        else { return }
        switch volume.storage.onStoreDown {
        case .continue: return
        case .readonly: await forbidWriting(name, volume.dirty)
        case .stop:
            guard volume.halted.isEmpty else { return }
            let ids = users(of: name).map(\.record.id)
            kept[name]?.halted = ids
            limited(name, volume.dirty, "what uses it is stopped until they are")
            stop(ids, because: "volume \(name.name): its store does not answer")
        }
    }

    private func limited(_ name: VolumeName, _ dirty: UInt64, _ consequence: String) {
        events.append(
            .held,
            app: name.app,
            "volume \(name.name): \(dirty) bytes are not in the store: \(consequence)"
        )
        changed()
    }

    // MARK: Read-only

    /// Has who uses a volume read it alone, also whoever began since; who has a file open for writing is stopped, for
    /// nothing else takes that away.
    private func forbidWriting(_ name: VolumeName, _ dirty: UInt64) async {
        if kept[name]?.isReadOnly != true {
            kept[name]?.isReadOnly = true
            limited(name, dirty, "it is read-only until they are")
        }
        for id in writers(of: name) where kept[name]?.halted.contains(id) == false {
            let deadline = ContinuousClock.now + Self.quietTime
            while let failure = await set(readOnly: true, name, id) {
                let isOpen = (failure as? LinuxError)?.errno == EBUSY
                if isOpen, ContinuousClock.now < deadline,
                    (try? await Task.sleep(for: Self.quietPause)) != nil
                {
                    continue
                }
                tell(.held, id, isOpen ? "has a file of volume \(name.name) open for writing" : "\(failure)")
                kept[name]?.halted.append(id)
                stop([id], because: "volume \(name.name): its store does not answer")
                break
            }
        }
    }

    /// Has who uses a volume write it again, if they may not.
    func allowWriting(_ name: VolumeName) async {
        await takeVolume(name)
        defer { endVolume(name) }
        guard let volume = kept[name], volume.isHeld, volume.failure == nil, volume.isReadOnly != false else {
            return
        }
        kept[name]?.isReadOnly = false
        for id in writers(of: name) {
            guard let failure = await set(readOnly: false, name, id) else { continue }
            tell(.failed, id, "volume \(name.name) stays read-only until it is started again: \(failure)")
        }
        guard volume.isReadOnly == true else { return }
        events.append(.recovered, app: name.app, "volume \(name.name) may be written again")
        changed()
    }

    private func writers(of name: VolumeName) -> [String] {
        users(of: name).filter { $0.pidfd != nil && $0.service?.writes(name.name) == true }.map(\.record.id)
    }

    /// What kept it from being so; nil if it is, or the container has ended.
    private func set(readOnly isReadOnly: Bool, _ name: VolumeName, _ id: String) async -> (any Error)? {
        guard let instance = instances[id], let process = instance.pidfd, let service = instance.service
        else {
            return nil
        }
        let paths = service.mounts.filter { $0.source == .volume(name.name) && !$0.isReadOnly }.map(\.target)
        do {
            guard let data = try await Thread.run({ [folder = folders.volume(name)] in try folder.data() })
            else {
                return nil
            }
            let directory = try MountedDirectory(data)
            try await directory.set(
                readOnly: isReadOnly,
                at: paths,
                in: process,
                of: "\(instance.record.name)"
            )
            return nil
        } catch {
            return instances[id]?.pidfd === process ? error : nil
        }
    }
}
