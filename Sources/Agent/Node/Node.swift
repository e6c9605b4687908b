// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Glibc
internal import Images
internal import Intake
internal import Linux
internal import Logs
internal import Networks
internal import Plan
internal import Probes
internal import Volumes

/// The agent of one node: holds what runs, and walks plans.
///
/// Every blocking call runs on a thread of its own; after each suspension the state is looked up anew.
public actor Node {
    let folders: Folders
    let images: ImageStore
    let registries: RegistryClient
    let volumes: VolumeStore
    let networks: NetworkStore
    let names: NameServer
    let prober: Prober
    let capture: Capture
    let snapshots: SnapshotStore
    let tree: CgroupTree
    let sentry: CgroupSentry
    let features: KernelFeatures
    let seccomp: SeccompFilter
    let ids: IDRange

    let records: Records
    let settings: NodeSettings
    /// Which images may run; nil if the node has no rules for that.
    let trust: TrustPolicy?
    /// How many files a container may have open that does not say.
    let openFiles: OpenFiles.Limit
    let secrets: SecretReader
    let marks: ContentMarks

    var keeper: Keeper
    var deployments: [String: Deployment] = [:]
    /// Apps whose desired state is being changed, and networks (`app/network`) whose ports are.
    var turns: Set<String> = []
    /// Instances whose removal is over, for those that wait for it.
    var departed: Set<String> = []
    var instances: [String: Instance] = [:]
    /// Networks whose names are served, by `app/network`.
    var served: Set<String> = []
    /// The published ports of networks, by `app/network`, as they were set last.
    var published: [String: Set<PortMapping>] = [:]
    /// Statuses of processes started inside containers, by keeper id.
    var probes: [String: CheckedContinuation<Int32?, Never>] = [:]
    /// What waits until snapshots are on the disk, by their names.
    var settling: [String: Task<Void, Never>] = [:]
    var waiting: [CheckedContinuation<Void, Never>] = []
    var probeNumber = 0
    var watcher: Task<Void, Never>?
    private var caretaker: Task<Void, Never>?
    var imageCaretaker: Task<Void, Never>?
    var follower: Task<Void, Never>?
    /// The pause file was there when it was looked for last.
    var isHalted = false
    /// What waits until somebody says that it is to be carried out.
    var plans = HeldPlans()
    /// What the jobs need.
    var jobs: JobDesk
    var driftWatcher: Task<Void, Never>?
    let driftQueue = DriftQueue()
    /// What reads the sources; nil if the node has none.
    var intake: Intake?
    var intaking: Task<Void, Never>?

    /// What happens on this node, from the first step on.
    public nonisolated let events: EventLog
    /// What was done here, and by whom.
    public nonisolated let audit: Audit

    /// Opens the stores, connects to the keeper of the runtime folder and adopts what it holds.
    static func start(
        _ folders: Folders,
        _ settings: NodeSettings,
        _ openFiles: OpenFiles.Limit,
        networks: NetworkStore,
        environment: [String: SecretContent] = [:],
        followInterval: Duration = FollowSchedule.interval
    ) async throws -> Node {
        let (keeper, ids) = try await connectAndClaim(folders)
        Failpoint.keeperConnected.reach()
        let records = try await Records.open(
            state: folders.state,
            runtime: folders.runtime,
            keepGenerations: settings.keepGenerations
        )
        Failpoint.recordsOpened.reach()
        let node = try await Thread.run {
            try Node(
                folders: folders,
                settings: settings,
                trust: settings.imageTrust?.policy(),
                openFiles: openFiles,
                secrets: SecretReader(settings.secrets, environment: environment),
                marks: ContentMarks(runtime: folders.runtime),
                keeper: keeper,
                ids: ids,
                records: records,
                images: .open(at: folders.images),
                networks: networks,
                tree: CgroupTree.find(name: "martlet-\(folders.owner)"),
                features: .probe(),
                seccomp: .standard()
            )
        }
        do {
            try await node.openIntake()
            Failpoint.adoptionDue.reach()
            try await node.adopt()
            Failpoint.adoptionDone.reach()
            await node.recall()
            try await node.recallPlans()
            Failpoint.recallDone.reach()
            await node.readyImages()
            Failpoint.imagesReady.reach()
            try await node.serveNames()
            Failpoint.namesReady.reach()
        } catch {
            await node.withdraw()
            throw error
        }
        await node.watchKeeper()
        await node.watchRecords()
        await node.watchImages()
        await node.watchDrift()
        await node.watchFollowed(every: followInterval)
        return node
    }

    private init(
        folders: Folders,
        settings: NodeSettings,
        trust: TrustPolicy?,
        openFiles: OpenFiles.Limit,
        secrets: SecretReader,
        marks: ContentMarks,
        keeper: Keeper,
        ids: IDRange,
        records: Records,
        images: ImageStore,
        networks: NetworkStore,
        tree: CgroupTree,
        features: KernelFeatures,
        seccomp: SeccompFilter
    ) throws {
        self.folders = folders
        self.keeper = keeper
        self.ids = ids
        self.records = records
        self.settings = settings
        self.trust = trust
        self.openFiles = openFiles
        self.secrets = secrets
        self.marks = marks
        self.images = images
        registries = RegistryClient(try RegistryConfiguration(settings.registries))
        self.networks = networks
        self.tree = tree
        self.features = features
        self.seccomp = seccomp
        sentry = try CgroupSentry()
        jobs = try JobDesk()
        snapshots = SnapshotStore(folder: folders.snapshots)
        volumes = VolumeStore(folder: folders.volumes)
        names = try NameServer()
        prober = try Prober()
        let report = EventLog(folder: "\(folders.state)/events")
        events = report
        audit = Audit(folder: "\(folders.state)/audit", events: report)
        capture = try Capture { event in
            switch event {
            case .stalled(let instance, let error), .failed(let instance, let error):
                report.append(.failed, app: nil, "logs of \(instance): \(error)")
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
        watcher?.cancel()
        caretaker?.cancel()
        imageCaretaker?.cancel()
        follower?.cancel()
        jobs.end()
        driftWatcher?.cancel()
        for instance in instances.values {
            for task in instance.tasks + instance.checks { task.cancel() }
        }
        capture.stop()
        names.stop()
        prober.stop()
        sentry.stop()
        keeper.close()
        let tree = tree
        try? await Thread.run { try tree.remove() }  // fails where containers are, as it should
        events.finish()
    }

    private static func claims(_ keeper: Keeper) async throws -> IDRange {
        if let parked = try await keeper.take(IDRange.parkedName) { return IDRange(file: parked) }
        let ids = try IDRange.open()
        Failpoint.idRangeOpened.reach()
        try await keeper.park(IDRange.parkedName, ids.file)
        Failpoint.idRangeParked.reach()
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

    // MARK: The state and its changes

    func tell(_ kind: EventKind, _ id: String, _ reason: String) {
        guard let record = instances[id]?.record else {
            return events.append(kind, app: nil, "\(id): \(reason)")
        }
        events.append(kind, app: record.app, service: record.service, instance: record.index, reason)
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

    /// What this node has of an app: what that costs does not grow with the others.
    func observe(_ app: String) async throws -> Observed {
        let volumes = volumes, networks = networks, folders = folders
        let (volumesFound, networksFound) = try await Thread.run {
            try (
                volumes.list(app: app).map { Observed.Volume(app: app, name: $0) },
                networks.bridges(of: app).map {
                    Observed.Network(
                        app: app,
                        name: $0.name,
                        definition: try folders.definition(of: $0.name, app: app)
                    )
                }
            )
        }
        var completed: [String: Set<String>] = [:]
        for (job, record) in await records.jobs(app: app) {
            completed["\(app)/\(job)"] = Set(record.completed)
        }
        return Observed(
            instances: instances(of: app).map { instance in
                var observed = instance.observed
                observed.contents = self.marks.valid(observed.contents)
                return observed
            }.sorted { $0.id < $1.id },
            networks: networksFound,
            volumes: volumesFound,
            stopped: Set((deployments[app]?.stopped ?? []).compactMap { InstanceName(app: app, place: $0) }),
            completed: completed
        )
    }

    // MARK: Beginning and end

    /// Makes the apps on record ours again; nothing is done for them yet.
    private func recall() async {
        for (name, record) in await records.apps {
            do {
                let app = try App.decode(
                    yaml: record.generation.model,
                    file: name,
                    directory: "/",
                    environment: [:]
                )
                let images = try await recalled(record.generation)
                var deployment = Deployment(app: app, generation: record.generation, images: images)
                deployment.stopped = stillStopped(record, app)
                deployment.stage = record.stage
                deployment.isGoing = record.stage == .leaving
                deployments[name] = deployment
                if deployment.stopped != record.stopped {
                    try await records.setStopped(app: name, names: deployment.stopped)
                }
                try await assign(name)
            } catch {
                if record.stage == .leaving {
                    deployments[name] = Deployment(orphan: name)
                    deployments[name]?.isGoing = true
                    continue
                }
                // What runs goes on, but what it should be is not known: a new apply tells.
                events.append(.failed, app: name, "its generation on record cannot be used: \(error)")
            }
        }
    }

    /// Answers for the networks that are there, what was asked while no agent was there first; removes those of
    /// apps that are no more.
    private func serveNames() async throws {
        let networks = networks
        let apps = Set(deployments.keys).union(instances.values.map(\.record.app))
        for network in try await Thread.run({ try networks.list() }) {
            if apps.contains(network.app) {
                // The trouble of one network is not the node's.
                do { try await serveNames(network) } catch {
                    served.remove("\(network.app)/\(network.name)")
                    events.append(.failed, app: network.app, "names of network \(network.name): \(error)")
                }
            } else {
                try await removeNetwork(network.name, of: network.app)
            }
        }
    }

    /// What a user stopped stays so, but for what comes back with the node: Docker's words are that `always`
    /// does and `unless-stopped` does not.
    private func stillStopped(_ record: AppRecord, _ app: App) -> Set<String> {
        let present = Set(instances(of: app.name).map(\.record.place))
        return record.stopped.filter { place in
            let name = InstanceName(app: app.name, place: place)
            let policy = name.flatMap { app.service($0.service) }?.restart.condition
            return present.contains(place) || policy == .unlessStopped
        }
    }

    /// The images that a generation was resolved to.
    func recalled(_ generation: Generation) async throws -> [String: Image] {
        let store = images
        return try await Thread.run {
            var found: [String: Image] = [:]
            for (service, digest) in generation.images {
                guard var image = try store.resolve(Digest(digest), name: "\(service)@\(digest)") else {
                    throw AgentError(
                        "recall",
                        "\(generation.app)/\(service)",
                        "image \(digest) is not here any more: bring it with `martlet image import`"
                    )
                }
                image.verdict = generation.trust?[service]
                found[service] = image
            }
            return found
        }
    }

    /// Looks after the records while the node lives.
    private func watchRecords() {
        caretaker = Task {
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                notePause()
                for repair in await records.verify() { events.append(.repaired, app: nil, "\(repair)") }
            }
        }
    }

    /// Ends what the agent does; what runs goes on.
    ///
    /// Where nothing runs and no app is known, what the kernel holds for us is given back.
    /// - Returns: Whether that was so.
    func leave() async throws -> Bool {
        intaking?.cancel()
        await intaking?.value
        for app in deployments.keys {
            deployments[app]?.nextTry?.cancel()
            await cancelRollout(app)
        }
        let isEmpty = instances.isEmpty && deployments.isEmpty
        if isEmpty {
            let networks = networks
            try await Thread.run { try networks.removeAll() }
        }
        await withdraw()
        return isEmpty
    }
}
