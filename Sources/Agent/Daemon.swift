// SPDX-License-Identifier: Apache-2.0
public import Control
public import Desired
internal import Glibc
public import Linux
internal import Networks
public import Releases
public import Systemd

/// The agent as a daemon: one node and its API, until a signal.
public struct Daemon: Sendable {
    private let folders: Folders
    private var settings: NodeSettings
    private let openFiles: UInt64?
    private let isPassing: Bool
    private let place: UnitPlace?
    private let unit: UnitReport
    private let followInterval: Duration
    private let environment: [String: SecretContent]
    private let lineage: Lineage?
    private let report: @Sendable (EventRecord) -> Void

    /// An agent of these folders; `report` is called with every event.
    ///
    /// A container may have `openFiles` files open if it does not say; nil means as many as we may now. One that
    /// `isPassing` reads no source, and takes every app down before it ends. One that is a unit has a `place` among
    /// others; its service manager hears how it is. What services follow is asked for every
    /// `followInterval`; nil is 15 minutes. `environment` holds the variables that secrets may come from. One of a
    /// `lineage` may go on as another release.
    public init(
        folders: Folders,
        settings: NodeSettings,
        openFiles: UInt64? = nil,
        isPassing: Bool = false,
        place: UnitPlace? = nil,
        manager: ServiceManager? = nil,
        followInterval: Duration? = nil,
        environment: [String: SecretContent] = [:],
        lineage: Lineage? = nil,
        report: @escaping @Sendable (EventRecord) -> Void
    ) {
        self.folders = folders
        self.settings = settings
        // It is there for one app.
        if isPassing { (self.settings.sources, self.settings.stateStore) = ([], nil) }
        self.openFiles = openFiles
        self.isPassing = isPassing
        self.place = place
        unit = UnitReport(manager)
        self.followInterval = followInterval ?? FollowSchedule.interval
        self.environment = environment
        self.lineage = isPassing ? nil : lineage
        self.report = report
    }

    /// Runs until a signal; `serve` answers for the node meanwhile and calls its argument once it does.
    ///
    /// What runs goes on, with its keeper. Where nothing runs and no app is known, nothing is left: the keeper
    /// that we started ends, and so do the control groups and rules.
    /// - Returns: Whether the agent is to go on as another release.
    public func run(
        serve: @escaping @Sendable (Node, _ ready: @escaping @Sendable () async -> Void) async throws -> Void,
        until signals: Interrupts
    ) async throws -> Bool {
        let (node, keeper, claim) = try await begin()
        defer { withExtendedLifetime(claim) {} }
        await node.beginReleases(lineage)
        let reporting = Task {
            for await event in node.events.sinceBegin() { report(event) }
        }
        var failure: (any Error)?
        var goesOn = false
        do {
            goesOn = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { [unit, folders, place] in
                    try await serve(node) {
                        await node.resume()
                        await node.keepState()
                        await node.startIntake()
                        unit.serves()
                        await node.beginTrial {
                            if place != nil { try await KeeperUnit.renew(folders) }
                        }
                        await node.followSettings()
                    }
                    return false
                }
                group.addTask {
                    _ = await signals.next()
                    return false
                }
                group.addTask { await node.isToGoOn() }
                defer { group.cancelAll() }
                return try await group.next() ?? false
            }
        } catch {
            failure = error
        }
        if goesOn { await unit.goesOn(within: node.goingTime) } else { unit.ends() }
        if isPassing {
            let impatience = Task { if await signals.next() != nil { await node.hurry() } }
            defer { impatience.cancel() }
            do { try await node.downAll() } catch { failure = failure ?? error }
        }
        let isEmpty = try await node.leave()
        await reporting.value
        if isEmpty { try await keeper?.quit() }
        if let failure, !(failure is CancellationError) { throw failure }
        return goesOn
    }

    /// Ends all that runs where no agent works any more, each container as it wants to be ended: the machine goes down,
    /// or the keeper does.
    ///
    /// The desired state stays: the next agent starts it. What is done besides has ended after `time`.
    /// - Throws: If a container runs still; all else that fails is reported.
    public func halt(within time: Duration) async throws {
        let end = ContinuousClock.now + time
        let (node, keeper, claim) = try await begin(toHalt: true)
        defer { withExtendedLifetime(claim) {} }
        let reporting = Task {
            for await event in node.events.sinceBegin() { report(event) }
        }
        let result = await Task { try await node.halt(until: end) }.result
        var isEmpty = false
        do { isEmpty = try await node.leave() } catch {
            node.events.append(.failed, app: nil, "\(error)")
            await node.withdraw()
        }
        await reporting.value
        if isEmpty { try await keeper?.quit() }
        try result.get()
    }

    /// Opens everything and takes over what runs; to halt it, no more than that takes.
    private func begin(toHalt: Bool = false) async throws -> (Node, KeeperUnit?, claim: [Descriptor]) {
        signal(SIGPIPE, SIG_IGN)  // a reader that is gone is an error of the write
        // A container costs some sixteen descriptors: the pipes that make its log exact, its spool, itself.
        let before = try OpenFiles.raise()
        let claim = try await folders.claim(within: .seconds(10))
        Failpoint.foldersClaimed.reach()
        // Before a keeper hands over what it keeps for us: this store's socket needs a number below 1024.
        let networks = try await Thread.run { [folders] in try NetworkStore(owner: folders.owner) }
        let keeper: KeeperUnit?
        if place == nil {
            keeper = try await KeeperUnit.supervise(folders)
        } else {
            keeper = nil
            // Who is on trial may be left again, and leaves the keeper as it is; so does who is here to end it.
            if !toHalt, lineage?.isTrial != true { try await KeeperUnit.renew(folders) }
        }
        Failpoint.keeperSupervised.reach()
        do {
            let node = try await Node.open(
                folders,
                settings,
                OpenFiles.Limit(soft: openFiles ?? before.soft, hard: before.hard),
                networks: networks,
                group: place?.group,
                unit: unit,
                environment: environment
            )
            do {
                if toHalt {
                    try await node.beginHalt()
                } else {
                    try await node.begin(following: followInterval)
                }
            } catch {
                await node.withdraw()
                throw error
            }
            return (node, keeper, claim)
        } catch {
            try? await keeper?.quit()  // one that has containers stays with them
            throw error
        }
    }
}
