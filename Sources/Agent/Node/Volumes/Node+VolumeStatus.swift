// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Lazy
internal import Linux
internal import Volumes

// What is told of volumes, and asked of them by hand.

extension Node {
    /// Every volume that is on this node or used by it, by app and name; those of apps that were taken down, too.
    public func volumeStatus() async throws -> [VolumeStatus] {
        let volumes = volumes, folder = folders.volumes
        let marks = try await Thread.run {
            var marks: [VolumeName: VolumeFolder.Mark?] = [:]
            for app in try volumes.apps() {
                for name in try volumes.list(app: app) {
                    let place = VolumeFolder(app: "\(folder)/\(app)", name: name)
                    marks[VolumeName(app: app, name: name)] = .some(place.mark)
                }
            }
            return marks
        }
        let served = kept.compactMapValues(\.served)
        let progress = try await Thread.run { served.compactMapValues(\.status) }
        return Set(marks.keys).union(kept.keys).sorted().map { name in
            var status = status(name, marks[name] ?? nil)
            status.served = progress[name].map(VolumeStatus.Served.init)
            return status
        }
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

    /// What is to be said of a volume whose files its store lacks, once its app is down.
    static let left =
        "what changed last is on this node alone: the next start commits it, or makes it a branch"

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

    private func status(_ name: VolumeName, _ mark: VolumeFolder.Mark?) -> VolumeStatus {
        var status = VolumeStatus(app: name.app, name: name.name)
        guard let volume = kept[name] else {
            let wanted = deployments[name.app]?.app.volume(name.name)?.storage
            guard let store = wanted?.store ?? mark?.storeName else { return status }
            (status.state, status.store, status.guarantee) = (
                "unused", store, wanted.flatMap(\.lasting) ?? "unknown"
            )
            if let mark, mark.store == store, mark.isLeft == true {
                (status.state, status.sequence) = ("left", mark.sequence)
                status.reason = Self.left
            }
            return status
        }
        status.store = volume.storage.store
        status.guarantee = volume.storage.lasting ?? volume.guarantee?.rawValue ?? "unknown"
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
            status.cut = volume.cut?.kind.rawValue
            status.unclonedFiles = volume.cut.map(\.unclonedFiles).flatMap { $0 > 0 ? $0 : nil }
        }
        if case .left = volume.state { status.riskBytes = volume.dirty }
        if volume.state == .held {
            status.riskBytes = volume.dirty
            status.riskSeconds = volume.safeAt.map { max(0, Double(Timestamp.now() - $0) / 1e9) }
        }
        return status
    }
}

extension VolumeStatus.Served {
    init(_ status: LazyStatus) {
        self.init(
            sequence: status.sequence,
            localBytes: status.local,
            totalBytes: status.total,
            waiting: status.waiting
        )
    }
}

extension KeptVolume {
    /// Its state in one word, and why.
    fileprivate var shown: (state: String, reason: String) {
        switch state {
        case .acquiring: ("acquiring", "")
        case .held:
            failure.map { ("failing", isReadOnly == true ? "\($0); it is read-only until then" : $0) } ?? (
                "held", ""
            )
        case .released: ("released", "")
        case .left(let reason): ("left", "\(Node.left): \(reason)")
        case .failed(let reason): ("failed", reason)
        case .fenced(let reason):
            ("fenced", reason + (branch.map { "; what was not committed is in branch \($0)" } ?? ""))
        }
    }
}
