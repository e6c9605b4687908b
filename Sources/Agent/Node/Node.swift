// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Images
internal import Intake
internal import Linux
internal import Logs
internal import Networks
internal import Probes
internal import Sinks
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
    /// What sends lines on; nil if the node has no sinks.
    let shipper: LogShipper?
    /// Where the lines of instances go while they are captured, by id.
    ///
    /// Not in the instances: a copy of one would keep its spool from the next writer.
    var spools: [String: Spool] = [:]
    /// The room that all logs share.
    let spoolPool: SpoolPool
    let snapshots: SnapshotStore
    let tree: CgroupTree
    let sentry: CgroupSentry
    let features: KernelFeatures
    let seccomp: SeccompFilter
    let ids: IDRange

    let records: Records
    let settings: NodeSettings
    /// The stores that the node file names.
    nonisolated let stores: NodeStores
    /// Which images may run; nil if the node has no rules for that.
    let trust: TrustPolicy?
    /// How many files a container may have open that does not say.
    let openFiles: OpenFiles.Limit
    let secrets: SecretReader
    let marks: ContentMarks

    var keeper: Keeper
    let unit: UnitReport
    var deployments: [String: Deployment] = [:]
    /// Apps whose desired state is being changed, and networks (`app/network`) whose ports are.
    var turns: Set<String> = []
    /// What is brought and not accepted yet, by app, in the order of its arrival.
    var pendings: [String: [PendingApply]] = [:]
    /// Instances whose removal is over, for those that wait for it.
    var departed: Set<String> = []
    var instances: [String: Instance] = [:]
    /// Networks whose names are served, by `app/network`.
    var served: Set<String> = []
    /// Apps with sockets of the host that are parked with the keeper.
    var listening: Set<String> = []
    /// The published ports of networks, by `app/network`, as they were set last.
    var published: [String: Set<PortMapping>] = [:]
    /// Statuses of processes started inside containers, by keeper id.
    var probes: [String: CheckedContinuation<Int32?, Never>] = [:]
    /// What waits until snapshots are on the disk, by their names.
    var settling: [String: Task<Void, Never>] = [:]
    var waiting: [CheckedContinuation<Void, Never>] = []
    var probeNumber = 0
    /// The volumes that are kept in stores.
    var kept: [VolumeName: KeptVolume] = [:]
    /// The places in the range of user namespaces that containers of an app share, by its name.
    var sharedPlaces: [String: Int] = [:]
    /// What goes on with those of an agent before us.
    var resuming: [VolumeName: Task<Void, Never>] = [:]
    /// Who we are for their stores; nil until it was asked for.
    var volumeOwner: CommitRecord.Owner?
    /// What sweeps their stores.
    var sweeps = SweepDesk()
    /// What is kept of the node itself in a store; nil if nothing is.
    var keptState: KeptState?
    var stateKeeper: Task<Void, Never>?
    /// Apps that are on record, and come back once their images are here.
    var returns = AppReturns()
    /// How often containers had been started again that are made anew, by their names.
    var restartsBefore: [String: Int] = [:]
    var watcher: Task<Void, Never>?
    var caretaker: Task<Void, Never>?
    var imageCaretaker: Task<Void, Never>?
    var follower: Task<Void, Never>?
    /// The pause file was there when it was looked for last.
    var isHalted = false
    /// What waits until somebody says that it is to be carried out.
    var plans = HeldPlans()
    /// What the jobs need.
    var jobs: JobDesk
    var driftWatcher: Task<Void, Never>?
    /// When memory that work took is given back.
    var restDue: ContinuousClock.Instant?
    let driftQueue = DriftQueue()
    /// What the agent may go on as.
    var releases = ReleaseDesk()
    /// What reads the sources; nil if the node has none.
    var intake: Intake?
    var intaking: Task<Void, Never>?

    /// What happens on this node, from the first step on.
    public nonisolated let events: EventLog
    /// What was done here, and by whom.
    public nonisolated let audit: Audit

    /// Opens the stores and connects to the keeper of the runtime folder; `begin` or `beginHalt` takes over what it
    /// holds, and who is told that this failed has to `withdraw`.
    static func open(
        _ folders: Folders,
        _ settings: NodeSettings,
        _ openFiles: OpenFiles.Limit,
        networks: NetworkStore,
        group: String?,
        unit: UnitReport,
        environment: [String: SecretContent]
    ) async throws -> Node {
        let (keeper, ids) = try await connectAndClaim(folders)
        Failpoint.keeperConnected.reach()
        let records = try await Records.open(
            state: folders.state,
            runtime: folders.runtime,
            keepGenerations: settings.keepGenerations
        )
        Failpoint.recordsOpened.reach()
        return try await Thread.run {
            try Node(
                folders: folders,
                settings: settings,
                trust: settings.imageTrust?.policy(),
                openFiles: openFiles,
                secrets: SecretReader(settings.secrets, environment: environment),
                marks: ContentMarks(runtime: folders.runtime),
                keeper: keeper,
                unit: unit,
                ids: ids,
                records: records,
                images: .open(at: folders.images),
                networks: networks,
                tree: CgroupTree.find(
                    name: [group, "martlet-\(folders.owner)"].compactMap(\.self).joined(separator: "/")
                ),
                features: .probe(),
                seccomp: .standard()
            )
        }
    }

    /// Adopts what the keeper holds, and begins to look after it; what is followed is asked for every `followInterval`.
    func begin(following followInterval: Duration) async throws {
        try checkDriver()
        try openIntake()
        Failpoint.adoptionDue.reach()
        try await adopt()
        Failpoint.adoptionDone.reach()
        try await shipLeftovers()
        await recall()
        try await recallPlans()
        Failpoint.recallDone.reach()
        await readyImages()
        Failpoint.imagesReady.reach()
        try await serveNames()
        Failpoint.namesReady.reach()
        watchKeeper()
        watchRecords()
        watchImages()
        watchSweeps()
        watchDrift()
        watchFollowed(every: followInterval)
    }

    private init(
        folders: Folders,
        settings: NodeSettings,
        trust: TrustPolicy?,
        openFiles: OpenFiles.Limit,
        secrets: SecretReader,
        marks: ContentMarks,
        keeper: Keeper,
        unit: UnitReport,
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
        self.unit = unit
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
        stores = try NodeStores(settings.stores)
        shipper = try Self.shipper(
            settings,
            stores.all,
            node: settings.name ?? Self.hostName(),
            events: report
        )
        spoolPool = SpoolPool(bytes: settings.spoolBytes.map { Int(clamping: $0.bytes) } ?? .max)
        let quiet = QuietTime(.seconds(60))
        capture = try Capture { event in
            switch event {
            case .stalled(let instance, let error), .failed(let instance, let error):
                report.append(.failed, app: nil, "logs of \(instance): \(error)")
            case .blocked(let instance):
                report.append(
                    .logs,
                    app: nil,
                    "logs of \(instance): the spool is full, and it waits (on_full: block)"
                )
            case .reclaimed(let instance, let bytes):
                guard quiet.permits(instance) else { return }
                report.append(
                    .logs,
                    app: nil,
                    "logs of \(instance): the disk is full, \(bytes) bytes of old lines went"
                )
            case .ended, .resumed, .damaged: break
            }
        }
        try tree.create()
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

    /// Looks after the records while the node lives, and says each time that it does: a node of which one of the two no
    /// longer gets on does not say so.
    func watchRecords() {
        caretaker?.cancel()
        caretaker = Task {
            while (try? await sleep()) != nil {
                notePause()
                await restIfDue()
                for repair in await records.verify() { events.append(.repaired, app: nil, "\(repair)") }
                unit.beat(summary)
                releases.rounds += 1
                if releases.trial != nil { changed() }
            }
        }
    }

    /// As exact as that it wakes with others; while a release is tried somebody waits for it.
    private func sleep() async throws {
        guard releases.trial == nil else { return try await Task.sleep(for: .milliseconds(300)) }
        try await Task.sleep(for: .seconds(3), tolerance: .seconds(1))
    }
}
