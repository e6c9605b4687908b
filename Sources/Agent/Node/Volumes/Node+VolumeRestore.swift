// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Volumes

// A volume that is put back to what it was.

extension Node {
    /// Has the files of an earlier version in a volume, as a new version: what it had before is the version before.
    ///
    /// - Parameters:
    ///   - app: The app.
    ///   - name: The name in its file.
    ///   - choice: The version.
    ///   - stopsUsers: Whether the containers that use it are stopped for that, and started again; if not, it is refused
    ///     while there are some.
    /// - Returns: The volume as it is then.
    /// - Throws: `ControlError` if there is no such version, or containers use the volume that may not be stopped.
    public func restoreVolume(
        app: String,
        name: String,
        _ choice: VersionChoice,
        stopsUsers: Bool
    ) async throws -> VolumeStatus {
        let volume = try VolumeName(given: app, name)
        await takeTurn(app)
        defer { endTurn(app) }
        guard deployments[app]?.rollout == nil else {
            throw ControlError(
                .conflict,
                "volume \(volume)",
                "its app is changing",
                "wait until `martlet status` says that it is not"
            )
        }
        let archive = try await archive(volume, in: nil)
        let (log, record) = try await asked(volume, archive) { try archive.find(choice) }
        let users = inOrder(users(of: volume), of: app)
        if let first = users.first { try judge(users, first.record, of: volume, stopsUsers) }
        // No sweep takes it meanwhile.
        let pin = try await asked(volume, archive) { try archive.pin(record, of: log) }
        var failure: (any Error)?
        do {
            try await stopInOrder(users)
            try await putBack(volume, archive, log, record, isUsedAgain: !users.isEmpty)
        } catch {
            failure = error
        }
        try? await Thread.run { archive.unpin(pin) }
        for id in users.map(\.record.id) where instances[id].map({ !isStopped($0.record.name) }) == true {
            do { try await launch(id) } catch { await restart(id, nil, ran: .zero, because: "\(error)") }
        }
        if let failure { throw failure }
        return try await volumeStatus(app: app, name: name)
    }

    /// Whether those who use a volume may be stopped for its sake.
    private func judge(
        _ users: [Instance],
        _ first: InstanceRecord,
        of volume: VolumeName,
        _ stopsUsers: Bool
    ) throws(ControlError) {
        if let run = users.first(where: { $0.record.isRun == true })?.record {
            throw ControlError(
                .conflict,
                "volume \(volume)",
                "run \(run.name) of a job uses it",
                "wait for its end, or end it with `martlet stop`"
            )
        }
        guard !stopsUsers else { return }
        let others = users.count == 1 ? "" : " and \(users.count - 1) more"
        throw ControlError(
            .conflict,
            "volume \(volume)",
            "\(first.name)\(others) use it",
            "stop them, or give --stop-services to have them stopped and started again"
        )
    }

    private func putBack(
        _ name: VolumeName,
        _ archive: VolumeArchive,
        _ log: CommitLog,
        _ record: CommitRecord,
        isUsedAgain: Bool
    ) async throws {
        await takeVolume(name)
        defer { endVolume(name) }
        guard users(of: name).isEmpty else {
            throw ControlError(.conflict, "volume \(name)", "a container began to use it", "try again")
        }
        let wanted = deployments[name.app]?.app.volume(name.name)?.storage
        do {
            try await holdInTurn(name, wanted ?? VolumeStorage(store: archive.store), next: record)
            // What is here is a version before other files take its place.
            try await commitInTurn(name, releasing: false)
            guard let held = kept[name]?.held else { return }
            await unserve(name)
            let began = Timestamp.now()
            let made: CommitRecord
            do { made = try await held.goBack(to: record) } catch {
                // What was mounted for it is gone: it is held anew, from what is on the disk.
                held.callOff()
                kept[name]?.held = nil
                kept[name]?.state = .failed("\(error)")
                throw error
            }
            kept[name]?.note(made, asOf: began)
            events.append(
                .restored,
                app: name.app,
                "volume \(name.name): version \(made.sequence) has the files of version \(record.sequence)"
                    + (log.place == archive.log.place ? "" : " of \(log.place.volume)")
            )
            if !isUsedAgain { try await commitInTurn(name, releasing: true) }
        } catch let error as VolumeError {
            throw Self.told(error, name)
        }
    }
}
