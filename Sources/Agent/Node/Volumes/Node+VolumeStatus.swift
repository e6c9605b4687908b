// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Volumes

// What is told of volumes, and asked of them by hand.

extension Node {
    /// Every volume of the apps of this node, by app and name.
    public func volumeStatus() async throws -> [VolumeStatus] {
        let volumes = volumes
        let apps = deployments.keys.sorted()
        let found = try await Thread.run {
            try apps.flatMap { app in
                try volumes.list(app: app).map { VolumeName(app: app, name: $0) }
            }
        }
        return Set(found).union(kept.keys).sorted().map(status)
    }

    /// One volume.
    ///
    /// - Throws: `ControlError` if there is none of that name.
    public func volumeStatus(app: String, name: String) async throws -> VolumeStatus {
        guard let found = try await volumeStatus().first(where: { $0.app == app && $0.name == name }) else {
            throw ControlError(
                .absent,
                "volume \(app)/\(name)",
                "there is none",
                "see `martlet volume ls`"
            )
        }
        return found
    }

    /// Commits a volume now, and tells how it is then: what was written before the call is in the store.
    ///
    /// - Throws: `ControlError` if there is no such volume, it is on this node alone, or it cannot be committed.
    public func commitVolume(app: String, name: String) async throws -> VolumeStatus {
        let before = try await volumeStatus(app: app, name: name)
        let volume = VolumeName(app: app, name: name)
        guard before.store != nil else {
            throw ControlError(
                .conflict,
                "volume \(volume)",
                "it is kept in no store",
                "name one in volumes.\(name).x-martlet.store"
            )
        }
        // What was committed as nobody used it any more is all that there is.
        if kept[volume]?.state == .released { return before }
        do {
            try await fetchObjects(of: volume)
            if let record = try await commit(volume) {
                events.append(.committed, app: app, "volume \(name): version \(record.sequence)")
            }
        } catch let error as VolumeError {
            throw ControlError(.failed, "volume \(volume)", "\(error)")
        }
        return try await volumeStatus(app: app, name: name)
    }

    /// Why an app is not as it should be, if that is for the sake of a volume.
    func volumeTrouble(of app: String) -> String? {
        kept.filter { $0.key.app == app }.sorted { $0.key < $1.key }.lazy.compactMap { name, volume in
            switch volume.state {
            case .fenced(let reason): "volume \(name.name) is fenced: \(reason)"
            case .held: volume.failure.map { "volume \(name.name) is not committed: \($0)" }
            default: nil
            }
        }.first
    }

    private func status(_ name: VolumeName) -> VolumeStatus {
        var status = VolumeStatus(app: name.app, name: name.name)
        let wanted = deployments[name.app]?.app.volume(name.name)?.storage
        guard let volume = kept[name] else {
            guard let wanted else { return status }
            (status.state, status.store, status.guarantee) = ("unused", wanted.store, wanted.guarantee)
            return status
        }
        status.store = volume.storage.store
        status.guarantee = volume.storage.guarantee
        (status.state, status.reason) = volume.shown
        if let progress = volume.held?.progress {
            status.state = "restoring"
            status.restore = VolumeStatus.Restore(done: progress.done, all: progress.all)
        }
        status.commits = volume.commits
        status.failures = volume.failures
        if let head = volume.head {
            status.holder = head.owner.node
            status.sequence = head.sequence
            status.committedAt = Timestamp.text(Int64(clamping: head.time))
            status.isFuzzy = head.flags.contains(.fuzzy)
        }
        if volume.commits > 0 {
            status.pauseMilliseconds = volume.pause / .milliseconds(1)
            status.longestPauseMilliseconds = volume.longestPause / .milliseconds(1)
        }
        if volume.state == .held {
            status.riskBytes = volume.dirty
            status.riskSeconds = volume.safeAt.map { max(0, Double(Timestamp.now() - $0) / 1e9) }
        }
        return status
    }
}

extension KeptVolume {
    /// Its state in one word, and why.
    fileprivate var shown: (state: String, reason: String) {
        switch state {
        case .acquiring: ("acquiring", "")
        case .held: failure.map { ("failing", $0) } ?? ("held", "")
        case .released: ("released", "")
        case .failed(let reason): ("failed", reason)
        case .fenced(let reason):
            ("fenced", reason + (branch.map { "; what was not committed is in branch \($0)" } ?? ""))
        }
    }
}
