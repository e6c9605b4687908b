// SPDX-License-Identifier: Apache-2.0
public import Control
public import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Releases
internal import Transfer

// Other programs than those that are installed: brought as an image, verified as one, and tried.

extension Node {
    /// Where programs of an image are.
    private static let place = "usr/libexec/martlet"

    private nonisolated var releaseFolder: ReleaseFolder { ReleaseFolder(state: folders.state) }

    /// Takes over what the agent before us has left on record.
    func beginReleases(_ lineage: Lineage?) async {
        let folder = releaseFolder
        releases.lineage = lineage
        releases.record = await Self.blocking { folder.read() }
        guard let failed = releases.record?.failed, !failed.isTold else { return }
        events.append(.reverted, app: nil, "release \(failed.release) is left: \(failed.reason)")
        try? await keepReleases { $0.tell() }  // told twice is better than not at all
    }

    /// What the agent goes on as, for the status; nil where that is what is installed, and nothing else was tried.
    var releaseStatus: ReleaseStatus? {
        guard let record = releases.record else { return nil }
        let known = [record.trial?.release, record.confirmed, record.previous].compactMap(\.self)
        let own = known.first { $0.digest == releases.lineage?.release }
        return ReleaseStatus(
            state: releases.lineage?.isTrial == true && record.trial != nil
                ? "trial" : releases.lineage?.release == nil ? "installed" : "confirmed",
            image: own?.image,
            digest: releases.lineage?.release,
            failed: record.failed.map {
                ReleaseStatus.Failure(
                    image: $0.release.image,
                    digest: $0.release.digest,
                    version: $0.release.version,
                    reason: $0.reason,
                    time: Timestamp.text($0.time * 1_000_000_000)
                )
            }
        )
    }

    /// Has the agent go on as the release of an image: it is verified, brought here and tried.
    ///
    /// - Parameters:
    ///   - update: The image, and how long the release may take to be confirmed.
    ///   - caller: Who asks.
    ///   - words: What the settings say, if those ask.
    /// - Returns: What is tried once `goOn` is called; nil if the agent is that already.
    /// - Throws: `ControlError` if it is not tried, with the reason.
    public func propose(_ update: AgentUpdate, caller: String, words: String? = nil) async throws
        -> ReleaseStatus?
    {
        let lineage = try changeableReleases(update.source)
        guard !releases.isBusy else {
            throw ControlError(.conflict, update.source, "another release is brought here", "wait for that")
        }
        releases.isBusy = true
        defer { releases.isBusy = false }
        let image = try await bring(update)
        let digest = "\(image.digest)"
        let mark = lineage.mark
        guard digest != lineage.release else {
            if let words { try await keepReleases(installed: mark) { $0.settle(words) } }
            return nil
        }
        let release: Release
        do { release = try await unpack(image, of: update) } catch {
            let (folder, needed) = (releaseFolder, releases.record?.needed ?? [])
            try? await Thread.run { folder.sweep(keeping: needed) }  // what is refused takes no room
            throw error
        }
        let running = instances.values.filter { $0.phase == .running && $0.pid > 0 }
        let trial = Trial(
            of: release,
            patience: Int(update.health.components.seconds),
            running: Dictionary(uniqueKeysWithValues: running.map { ($0.record.id, $0.pid) })
        )
        try await keepReleases(installed: mark) { $0.propose(trial, settings: words) }
        Failpoint.releaseProposed.reach()
        events.append(.updating, app: nil, "release \(release) of \(update.source) is tried, by \(caller)")
        return ReleaseStatus(state: "trial", image: release.image, digest: release.digest)
    }

    /// Puts the programs of an image in their place, and asks them what they are.
    private func unpack(_ image: Image, of update: AgentUpdate) async throws -> Release {
        let (folder, store, digest) = (releaseFolder, images, "\(image.digest)")
        let formats = try await Thread.run {
            let lock = try store.holdShared()
            defer { withExtendedLifetime(lock) {} }
            let files = try ImageFiles(image)
            try folder.place(digest) { name in
                let path = "\(Self.place)/\(name)"
                guard let file = try files.open(path) else {
                    throw AgentError("try release", image.name, "the image has no /\(path): it is no release")
                }
                return file
            }
            return try ReleaseProbe(folder: "\(folder.path)/\(image.digest.hex)").formats()
        }
        if let difference = formats.difference(from: .own) {
            throw ControlError(
                .conflict,
                update.source,
                "it leaves \(difference), which could not be gone back from",
                "install its package"
            )
        }
        return Release(digest: digest, image: update.source, version: formats.version)
    }

    /// Has the agent go on as what is installed, once `goOn` is called; false if it is that already.
    public func withdrawRelease(caller: String) async throws -> Bool {
        let lineage = try changeableReleases("agent")
        guard lineage.release != nil || releases.record?.confirmed != nil else { return false }
        try await keepReleases(installed: lineage.mark) { $0.withdraw() }
        events.append(.updating, app: nil, "the agent goes back to what is installed, by \(caller)")
        return true
    }

    /// So long may take over whatever the agent goes on as: a trial as long as it may take to be confirmed, anything else
    /// as long as its unit grants a start.
    var goingTime: Duration { releases.record?.trial.map { .seconds($0.patience) } ?? .seconds(300) }

    /// Has the agent end, and go on as what the record says.
    public func goOn() {
        releases.isDue = true
        changed()
    }

    /// Waits until the agent is to go on as something else; false if it is cancelled before.
    func isToGoOn() async -> Bool {
        _ = await until(nil) { releases.isDue || Task.isCancelled }
        return releases.isDue
    }

    /// What the settings ask for, unless that was seen to; asked for again and again while a registry is out of reach.
    func followSettings() {
        guard let update = settings.agentUpdate, releases.record?.wanted != update.words,
            releases.lineage != nil
        else { return }
        releases.wish = Task {
            var pause = Duration.seconds(15)
            while !Task.isCancelled {
                do {
                    if releases.trial == nil, pauseFile == nil {
                        let isNews =
                            try await propose(update, caller: "node.yaml", words: update.words) != nil
                        if isNews { goOn() }
                        return
                    }
                } catch {
                    events.append(.failed, app: nil, "update.agent: \(error)")
                    pause = min(pause * 2, .seconds(900))
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    // MARK: The record

    private func changeableReleases(_ subject: String) throws -> Lineage {
        guard let lineage = releases.lineage else {
            throw ControlError(
                .conflict,
                subject,
                "nobody would start this agent as another release",
                "start it as `martlet agent`"
            )
        }
        guard !lineage.isTrial || releases.record?.trial == nil else {
            throw ControlError(
                .conflict,
                subject,
                "the agent is on trial itself",
                "wait until `martlet status` says that it is confirmed"
            )
        }
        return lineage
    }

    /// Changes what is on record, on the disk first.
    func keepReleases(installed: String? = nil, _ change: (inout ReleaseRecord) -> Void) async throws {
        guard var next = releases.record ?? installed.map({ ReleaseRecord(installed: $0) }) else { return }
        if let installed, next.installed != installed { next = ReleaseRecord(installed: installed) }
        change(&next)
        let (folder, record) = (releaseFolder, next)
        try await Thread.run {
            try folder.write(record)
            folder.sweep(keeping: record.needed)
        }
        releases.record = next
    }

    /// The image of a release: verified, and here.
    private func bring(_ update: AgentUpdate) async throws -> Image {
        do {
            let (store, trust, registries) = (images, trust, registries)
            let reference = try Reference(update.source)
            let present = try await Thread.run { try store.resolve(reference) }
            let scope = TransferScope()
            var found: FoundImage
            if let present, reference.digest != nil {
                found = FoundImage(reference, .here(present))
            } else {
                found = try await withTaskCancellationHandler {
                    try await Thread.run {
                        do throws(ImageError) {
                            return FoundImage(
                                reference,
                                .registry(try store.find(reference, at: registries, in: scope))
                            )
                        } catch {
                            // What was imported may have no registry at all.
                            guard let present else { throw error }
                            return FoundImage(reference, .here(present))
                        }
                    }
                } onCancel: {
                    scope.cancel()
                }
            }
            let judged = found
            let policy = trust ?? (update.verify == nil ? nil : .open)
            found.verdict = try await Thread.run {
                try judged.judge(by: policy, verify: update.verify, in: store, waivingAge: false)
            }
            // Programs that are root's are taken from nobody's word.
            guard reference.digest != nil || found.verdict?.signed != nil else {
                throw ControlError(
                    .conflict,
                    update.source,
                    "nobody vouches for it",
                    "name it with its digest, \(reference.name)@\(found.digest), or give it a rule with a cosign_key"
                )
            }
            switch found.place {
            case .here(let image): return image
            case .registry(let remote):
                events.append(.pulling, app: nil, "pull \(remote.reference)")
                let image = try await withTaskCancellationHandler {
                    try await Thread.run { try store.fetch(remote) }
                } onCancel: {
                    scope.cancel()
                }
                try await Thread.run { try store.settle() }
                return image
            }
        } catch let error as ImageError {
            throw ControlError(.conflict, update.source, "\(error)", "mend that, and try again")
        }
    }

    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value?) async -> Value? {
        (try? await Thread.run { body() }) ?? nil
    }
}
