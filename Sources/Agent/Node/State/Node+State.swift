// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Logs
internal import Objects
internal import Sinks
internal import Volumes

// What must outlive the node is kept in a store: taken when the agent begins, saved as it changes.

extension Node {
    /// Whether an app changed is asked so often.
    private static let stateBeat = Duration.seconds(2)
    /// Logs that wait, and all the rest, are saved so often.
    private static let stateInterval = Duration.seconds(10)
    /// A save that failed is tried again after this.
    private static let statePause = Duration.seconds(5)
    private static let stateSweep = Duration.seconds(3_600)
    /// Whoever says what runs waits so long for the store of a node that knows nothing.
    private static let statePatience = Duration.seconds(60)
    /// What the agent's end saves takes so long at most.
    static let stateFarewell = Duration.seconds(5)
    /// Bytes of logs that wait for sinks, at most.
    private static let stateRoom = 256 << 20

    /// The folder that the store has a copy of.
    var stateFolder: StateFolder { StateFolder(path: "\(folders.state)/kept") }

    /// Begins to keep the node's state in the store that is for it, if there is one.
    func keepState() async {
        guard let name = settings.stateStore, let store = stores.all[name], keptState == nil else { return }
        var state = KeptState(store: name)
        let (folder, place) = (folders.state, StateMark(name, node: self.name, isWhole: false).place)
        let mark = try? await Thread.run { StateMark(in: folder) }  // what cannot be read is none
        if mark?.place != place {
            state.missing = await records.revisions.isEmpty ? .all : .logs
        } else if mark?.isWhole == false {
            state.missing = .all
        }
        keptState = state
        stateKeeper = Task { await keepState(in: store) }
    }

    /// Suspends until what is on record here or in the store is there, or was tried, for a while at most.
    func awaitState() async {
        let deadline = ContinuousClock.now + Self.statePatience
        let isThere = await until(deadline) {
            Task.isCancelled || keptState?.missing != .all && returns.untried.isEmpty
        }
        guard !isThere else { return }
        let reason = keptState?.failure ?? "it was not brought back yet"
        events.append(.failed, app: nil, "state of the node: \(reason): sources are read without it")
    }

    private func keepState(in store: any ObjectStore) async {
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            do {
                try await takeState(in: store)
                pause = .seconds(1)
                try await saveState()
            } catch {
                // Whoever ends us saves once more, by the same log.
                if Task.isCancelled, keptState?.phase == .held { return }
                noteStateFailure(error)
                keptState?.log?.callOff()
                keptState?.log = nil
                if error.fencing == nil { keptState?.phase = .acquiring }
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }  // the agent ends
            pause = min(pause * 2, .seconds(30))
        }
    }

    /// Takes the right to write, and brings what is missing here.
    private func takeState(in store: any ObjectStore) async throws {
        let log = try StateLog(node: name, in: store, stateFolder, for: try await volumeOwner())
        keptState?.log = log
        keptState?.revisions = nil
        let head = try await withTaskCancellationHandler {
            try await log.acquire()
        } onCancel: {
            log.callOff()
        }
        keptState?.guarantee = await log.guarantee
        keptState?.sequence = head.sequence
        keptState?.foundSequence = head.origin?.sequence ?? head.sequence - 1
        if let missing = keptState?.missing {
            keptState?.phase = .restoring
            try await bringBack(missing, from: log)
        }
        let (folder, mark) = (folders.state, StateMark(keptState?.store ?? "", node: name, isWhole: true))
        try await Thread.run { try mark.save(in: folder) }
        keptState?.missing = nil
        keptState?.phase = .held
        keptState?.lookedAt = .now
        keptState?.nextSave = .now
        keptState?.nextSweep = .now + Self.stateSweep
        changed()
    }

    // MARK: Saving

    /// Saves what changes, until somebody else writes it or the agent ends.
    private func saveState() async throws {
        while let state = keptState, let log = state.log {
            // Whoever stood still for so long may have been overtaken, and would not hear of it.
            let hasStalled = .now - state.lookedAt > LeaseTiming().patience
            do {
                try await log.verify(hasStalled: hasStalled)
                if ContinuousClock.now >= state.nextSave {
                    try await save(to: log, withLogs: true)
                    try await sweepState(log)
                } else if state.failure == nil, await records.revisions != state.revisions {
                    try await save(to: log, withLogs: false)
                }
            } catch {
                if error.fencing != nil || Task.isCancelled { throw error }
                noteStateFailure(error)
                keptState?.nextSave = .now + Self.statePause
            }
            keptState?.lookedAt = .now
            try await Task.sleep(for: Self.stateBeat, tolerance: Self.stateBeat / 4)
        }
    }

    /// Saves what is now; logs only if it is their turn.
    private func save(to log: StateLog, withLogs: Bool, releasing: Bool = false) async throws {
        let began = Timestamp.now()
        let revisions = await records.revisions
        var content = StateContent()
        if revisions != keptState?.revisions { content.apps = await records.saved }
        content.restarts = restartsBefore
        for instance in instances.values where instance.record.restarts > 0 {
            content.restarts["\(instance.record.name)"] = instance.record.restarts
        }
        let logs = try await logsToSave(all: releasing, again: !withLogs)
        content.files = logs.files
        for name in ["log", "log.1"] {
            content.files["\(StateFolder.events)/\(name)"] = "\(folders.state)/events/\(name)"
        }
        let record = try await log.save(content, releasing: releasing)
        if keptState?.failure != nil {
            events.append(.recovered, app: nil, "the node's state is saved again")
        }
        keptState?.failure = nil
        keptState?.safeAt = began
        keptState?.revisions = revisions
        keptState?.savedLines = logs.lines
        keptState?.leftOutBytes = logs.leftOut
        if withLogs { keptState?.nextSave = .now + Self.stateInterval }
        guard let record else { return }
        keptState?.sequence = record.sequence
        keptState?.savedAt = Timestamp.now()
        keptState?.saves += 1
    }

    /// The files of logs that have waited for a sink since the last look, or of `all` that wait; with `again` those of
    /// the last look.
    ///
    /// What a sink takes within that time is not saved: where sinks keep up, nothing of logs goes to the store.
    private func logsToSave(all: Bool, again: Bool) async throws -> (
        files: [String: String], lines: [String: UInt64], leftOut: Int
    ) {
        guard let shipper else { return ([:], [:], 0) }
        let unsent = shipper.unsent, seen = keptState?.seenLines ?? [:]
        let lines = keptState?.savedLines ?? [:]
        let waiting = unsent.filter { log in
            again ? lines[log.path] != nil : all || log.written == nil || log.passed < seen[log.path] ?? 0
        }
        if !again {
            keptState?.seenLines = Dictionary(
                uniqueKeysWithValues: unsent.map { ($0.path, $0.written ?? .max) }
            )
        }
        let root = "\(folders.logs)/"
        return try await Thread.run {
            var files: [String: String] = [:], lines: [String: UInt64] = [:]
            var found: [(log: UnsentLog, files: SpoolFiles)] = []
            for log in waiting where log.path.hasPrefix(root) {
                // One that was removed meanwhile has nothing to be saved.
                guard let spool = try? SpoolFiles(log.path) else { continue }
                found.append((log, spool))
            }
            let segments = found.map { $0.files.segments(from: $0.log.needed) }
            let counts = LogShare.counts(of: segments.map { $0.map(\.size) }, within: Self.stateRoom)
            var leftOut = 0
            for (index, item) in found.enumerated() {
                leftOut += segments[index].dropFirst(counts[index]).reduce(0) { $0 + $1.size }
                let names = segments[index].prefix(counts[index]).map(\.name)
                guard !names.isEmpty else { continue }
                let place = "\(StateFolder.logs)/\(item.log.path.dropFirst(root.count))"
                for name in names + item.files.cursors + [LogOrigin.file] {
                    files["\(place)/\(name)"] = "\(item.log.path)/\(name)"
                }
                lines[item.log.path] = item.log.written ?? .max
            }
            return (files, lines, leftOut)
        }
    }

    /// What fails is tried again in an hour: nothing but room depends on it.
    private func sweepState(_ log: StateLog) async throws {
        guard let due = keptState?.nextSweep, due <= .now else { return }
        keptState?.nextSweep = .now + Self.stateSweep
        try await log.sweep()
    }

    func noteStateFailure(_ error: any Error) {
        // What the end of the agent calls off has not failed.
        guard !Task.isCancelled, let state = keptState else { return }
        keptState?.failures += 1
        var reason = "\(error)"
        if error.fencing != nil {
            reason = "another machine is node \(name): end the agent there, or give one of them another name"
            keptState?.phase = .elsewhere(reason)
        }
        if state.failure != reason { events.append(.failed, app: nil, "state of the node: \(reason)") }
        keptState?.failure = reason
        changed()
    }

    // MARK: The end

    /// Ends the way back of apps that are not there yet: the next agent goes on with them.
    func endReturns() async {
        for task in returns.tasks.values { task.cancel() }
        for task in returns.tasks.values { await task.value }
    }

    /// Saves what is there at the end of the agent, and gives the state back where nothing goes on.
    func closeState(releasing: Bool, within patience: Duration = stateFarewell) async {
        stateKeeper?.cancel()
        guard let log = keptState?.log, keptState?.phase == .held else {
            keptState?.log?.callOff()
            return
        }
        let alarm = Task {
            try? await Task.sleep(for: patience)  // cancelled: it is saved
            log.callOff()
        }
        defer { alarm.cancel() }
        await stateKeeper?.value
        do { try await save(to: log, withLogs: true, releasing: releasing) } catch {
            events.append(
                .failed,
                app: nil,
                "state of the node: \(error): what changed last is not in its store"
            )
        }
        log.callOff()
        keptState = nil
    }
}
