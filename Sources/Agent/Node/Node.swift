// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Logs
internal import Networks
public import Plan
internal import Volumes

/// The agent of one node: holds what runs, and walks plans.
///
/// Every blocking call runs on a thread of its own; after each suspension the state is looked up anew.
public actor Node {
    let folders: Folders
    let images: ImageStore
    let volumes: VolumeStore
    let networks: NetworkStore
    let names: NameServer
    let capture: Capture
    let tree: CgroupTree
    let features: KernelFeatures
    let seccomp: SeccompFilter
    let ids: IDRange

    var keeper: Keeper
    var apps: [String: App] = [:]
    var instances: [String: Instance] = [:]
    /// Networks whose names are served, by `app/network`.
    var served: Set<String> = []
    /// Statuses of processes started inside containers, by keeper id.
    var probes: [String: CheckedContinuation<Int32?, Never>] = [:]
    var waiting: [CheckedContinuation<Void, Never>] = []
    var probeNumber = 0
    var watcher: Task<Void, Never>?
    private let continuation: AsyncStream<AgentEvent>.Continuation

    /// What happens on this node, from the first step on.
    public nonisolated let events: AsyncStream<AgentEvent>

    /// Opens the stores, connects to the keeper of the runtime folder and adopts what it holds.
    public static func start(_ folders: Folders) async throws -> Node {
        let (keeper, ids) = try await connectAndClaim(folders)
        let node = try await Thread.run {
            try Node(
                folders: folders,
                keeper: keeper,
                ids: ids,
                images: .open(at: folders.images),
                networks: NetworkStore(owner: folders.owner),
                tree: CgroupTree.find(name: "martlet-\(folders.owner)"),
                features: .probe(),
                seccomp: .standard()
            )
        }
        do {
            try await node.adopt()
        } catch {
            await node.withdraw()
            throw error
        }
        await node.watchKeeper()
        return node
    }

    private init(
        folders: Folders,
        keeper: Keeper,
        ids: IDRange,
        images: ImageStore,
        networks: NetworkStore,
        tree: CgroupTree,
        features: KernelFeatures,
        seccomp: SeccompFilter
    ) throws {
        self.folders = folders
        self.keeper = keeper
        self.ids = ids
        self.images = images
        self.networks = networks
        self.tree = tree
        self.features = features
        self.seccomp = seccomp
        volumes = VolumeStore(folder: folders.volumes)
        names = try NameServer()
        (events, continuation) = AsyncStream.makeStream()
        let report = continuation
        capture = try Capture { event in
            switch event {
            case .stalled(let instance, let error), .failed(let instance, let error):
                report.yield(AgentEvent(kind: .failed, instance: nil, subject: instance, reason: "\(error)"))
            case .ended, .resumed, .damaged: break
            }
        }
        try tree.create()
    }

    /// The keeper may be starting still.
    static func connect(_ folders: Folders) async throws -> Keeper {
        for attempt in 0... {
            do {
                return try await Keeper.connect(runtimeDirectory: folders.runtime)
            } catch {
                guard attempt < 500 else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw AgentError("connect", folders.runtime, "the keeper does not answer")
    }

    /// A keeper and the id ranges that it holds for us; a keeper may be replaced meanwhile.
    private static func connectAndClaim(_ folders: Folders) async throws -> (Keeper, IDRange) {
        while true {
            let keeper = try await connect(folders)
            do {
                return (keeper, try await claims(keeper))
            } catch let error as ContainerError where error.cause == .keeperGone {
                continue
            }
        }
    }

    /// Lets go of everything and changes nothing: what runs goes on.
    private func withdraw() async {
        capture.stop()
        names.stop()
        keeper.close()
        let tree = tree
        try? await Thread.run { try tree.remove() }  // fails where containers are, as it should
        continuation.finish()
    }

    private static func claims(_ keeper: Keeper) async throws -> IDRange {
        if let parked = try await keeper.take(IDRange.parkedName) { return IDRange(file: parked) }
        let ids = try IDRange.open()
        try await keeper.park(IDRange.parkedName, ids.file)
        return ids
    }

    /// Asks the keeper, and the next one when it is replaced: for requests that may be made twice.
    func ask<Answer: Sendable>(_ request: (Keeper) async throws -> Answer) async throws -> Answer {
        while true {
            let asked = keeper
            do {
                return try await request(asked)
            } catch let error as ContainerError where error.cause == .keeperGone {
                try await reconnect(after: asked)
            }
        }
    }

    /// Connects to the keeper that follows one that is gone.
    func reconnect(after gone: Keeper) async throws {
        guard keeper === gone else { return }
        let next = try await Self.connect(folders)
        guard keeper === gone else { return next.close() }
        keeper = next
    }

    /// Ends the keeper, also one that was started while we were at it.
    private func quitKeeper() async throws {
        for attempt in 0... {
            do {
                try await ask { try await $0.quit() }
                return keeper.close()
            } catch let error as ContainerError where error.cause == .errno(EBUSY) && attempt < 500 {
                try await Task.sleep(for: .milliseconds(10))  // a killed probe that is not reaped yet
            } catch let error as LinuxError where [ENOENT, ECONNREFUSED].contains(error.errno) {
                return  // it was gone, and there is no other
            }
        }
    }

    // MARK: The state and its changes

    func tell(_ kind: AgentEvent.Kind, _ id: String, _ reason: String = "") {
        let name = instances[id]?.record.name
        continuation.yield(
            AgentEvent(kind: kind, instance: name, subject: name.map { "\($0)" } ?? id, reason: reason)
        )
    }

    func tell(_ step: Step) {
        continuation.yield(
            AgentEvent(kind: .step, instance: nil, subject: "\(step.action)", reason: "\(step.reason)")
        )
    }

    /// Wakes everyone who waits for a condition.
    func changed() {
        let woken = waiting
        waiting = []
        for continuation in woken { continuation.resume() }
    }

    /// Suspends until `condition` holds or the deadline has passed; whether it holds.
    func until(_ deadline: ContinuousClock.Instant?, _ condition: () -> Bool) async -> Bool {
        let alarm = deadline.map { deadline in
            Task {
                try? await Task.sleep(until: deadline)  // cancelled: the condition held first
                self.changed()
            }
        }
        defer { alarm?.cancel() }
        while !condition() {
            if let deadline, ContinuousClock.now >= deadline { return false }
            // Cancelled, and the condition does not mind: from here on no different from any other wait.
            guard !Task.isCancelled else {
                await withCheckedContinuation { waiting.append($0) }
                continue
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiting.append($0) }
            } onCancel: {
                Task { await self.changed() }  // a condition may look at the cancellation
            }
        }
        return true
    }

    /// What this node has of every app.
    public func observe() async throws -> Observed {
        let volumes = volumes, networks = networks, folders = folders
        let apps = Set(apps.keys).union(instances.values.map(\.record.app))
        let (volumesFound, networksFound) = try await Thread.run {
            try (
                apps.flatMap { app in try volumes.list(app: app).map { Observed.Volume(app: app, name: $0) }
                },
                networks.list().map {
                    Observed.Network(
                        app: $0.app,
                        name: $0.name,
                        definition: try folders.definition(of: $0.name, app: $0.app)
                    )
                }
            )
        }
        return Observed(
            instances: instances.values.map(\.observed).sorted { $0.id < $1.id },
            networks: networksFound,
            volumes: volumesFound
        )
    }

    /// Waits until every instance of an app that has a health check is healthy.
    ///
    /// Throws when one cannot be: it is unhealthy, or it ended and is not started again.
    public func settle(_ app: String) async throws {
        var broken: String?
        _ = await until(nil) {
            let all = instances.values.filter { $0.record.app == app && $0.healthCommand != nil }
            broken = all.first { $0.cannotReach(.healthy) }.map { "\($0.record.name)" }
            return Task.isCancelled || broken != nil || all.allSatisfy { $0.meets(.healthy) }
        }
        try Task.checkCancellation()
        if let broken { throw AgentError("apply", broken, "it does not become healthy: see its log") }
    }

    /// Kills what runs: whoever asked to stop a second time does not want to wait for grace periods.
    public func hurry() {
        for instance in instances.values where instance.phase == .running {
            tell(.failed, instance.record.id, "is killed: a second signal came before its grace period ended")
            instance.pidfd?.kill()
        }
    }

    /// Takes down every app, gives back what the kernel holds for us and ends the keeper.
    public func end() async throws {
        defer { continuation.finish() }
        for app in Set(instances.values.map(\.record.app)).union(apps.keys).sorted() { try await down(app) }
        capture.stop()
        names.stop()
        let tree = tree, networks = networks
        try await Thread.run { try networks.removeAll() }
        watcher?.cancel()
        try await quitKeeper()
        try await Thread.run { try tree.remove() }
    }

    /// Names, states and addresses for people.
    public struct InstanceStatus: Sendable {
        /// Which instance.
        public let name: InstanceName
        /// Its keeper id.
        public let id: String
        /// Its pid on the host, -1 if it does not run.
        public let pid: Int32
        /// As in the plan.
        public let state: Observed.State
        /// As in the plan.
        public let health: Observed.Health
        /// How often it was started again.
        public let restarts: Int
        /// The host port of each of the service's ports.
        public let hostPorts: [UInt16]
    }

    /// All instances, sorted by name.
    public func status() -> [InstanceStatus] {
        instances.values.map {
            InstanceStatus(
                name: $0.record.name,
                id: $0.record.id,
                pid: $0.pid,
                state: $0.observed.state,
                health: $0.observed.health,
                restarts: $0.record.restarts,
                hostPorts: $0.record.hostPorts
            )
        }.sorted { $0.name < $1.name }
    }
}
