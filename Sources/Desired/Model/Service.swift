// SPDX-License-Identifier: Apache-2.0
public import Calendar

/// A service of an app: what each of its instances runs, and how.
public struct Service: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// The image reference as written.
    public var image: String
    /// Whether the image may be fetched.
    public var pullPolicy: PullPolicy
    /// What it asks of its image beside the name (`x-martlet.image`).
    public var imageDemand: ImageDemand
    /// How many instances run.
    public var replicas: Int
    /// The name of the only instance's container.
    public var containerName: String?
    /// Replaces the image's command; nil keeps it.
    public var command: [String]?
    /// Replaces the image's entry point; nil keeps it.
    public var entrypoint: [String]?
    /// Variables set in the container.
    public var environment: [String: String]
    /// The absolute path in which the command starts; nil means the image's.
    public var workingDirectory: String?
    /// `user[:group]` by name or number, checked; nil means the image's.
    public var user: String?
    /// Further groups by name or number, in order.
    public var additionalGroups: [String]
    /// The host name, as RFC 1123 has it.
    public var hostname: String?
    /// The name of its domain, for programs that ask for it (`domainname`).
    public var domainName: String?
    /// What it is to run on, for example `linux/amd64`; nil means whatever the node is.
    public var platform: String?
    /// Whether those who run the app in the foreground see its log (`attach`).
    public var isAttached: Bool
    /// Whether the root file system refuses writes.
    public var isReadOnly: Bool
    /// Whether an init reaps and forwards signals.
    public var hasInit: Bool
    /// Whether standard input stays open (`stdin_open`).
    public var hasOpenInput: Bool
    /// Capabilities added, without `CAP_`, ordered; `ALL` stands for all.
    public var addedCapabilities: [String]
    /// Capabilities dropped, without `CAP_`, ordered; `ALL` stands for all.
    public var droppedCapabilities: [String]
    /// Whether set-user-id and file capabilities have no effect.
    public var noNewPrivileges: Bool
    /// Whether the default system call filter is in force.
    public var isSeccompConfined: Bool
    /// Whether it may make control groups below its own (`writable-cgroups`).
    public var hasWritableControlGroups: Bool
    /// Whether its first process is systemd, which finds what it expects then.
    public var runsSystemd: Bool
    /// Whether the container's ids are mapped.
    public var userNamespace: UserNamespace
    /// The snapshot on which its instances stand, above the image (`x-martlet.snapshot`); nil for none.
    public var snapshot: String?
    /// How the container is connected.
    public var networkMode: NetworkMode
    /// The networks it is on, ordered by name.
    public var networks: [NetworkAttachment]
    /// Published ports, in order.
    public var ports: [Port]
    /// Name servers instead of the node's, in order.
    public var dns: [IPAddress]
    /// Domains in which short names are looked up, in order; `.` alone means none (`dns_search`).
    public var searchDomains: [String]
    /// Options of the resolver, in order (`dns_opt`).
    public var resolverOptions: [String]
    /// Further names of other services, in order.
    public var links: [Link]
    /// Lines for /etc/hosts, ordered by name.
    public var extraHosts: [ExtraHost]
    /// Mounts, in order.
    public var mounts: [Mount]
    /// Configs as files, ordered by target.
    public var configs: [FileUse]
    /// Secrets as files, ordered by target.
    public var secrets: [FileUse]
    /// What follows when a config or secret changes, by its name; what is not in it means `restart`.
    public var onChange: [String: ChangeReaction]
    /// Devices, in order.
    public var devices: [Device]
    /// The size of /dev/shm; nil means 64 MiB.
    public var sharedMemorySize: ByteCount?
    /// Kernel parameters of the container's namespaces.
    public var sysctls: [String: String]
    /// Process limits, ordered by name.
    public var ulimits: [Ulimit]
    /// How readily the kernel kills it when memory runs out, -1000 to 1000.
    public var oomScoreAdjustment: Int?
    /// Limits and reservations.
    public var resources: Resources
    /// Labels.
    public var labels: [String: String]
    /// Labels of the service and not of its containers (`deploy.labels`).
    public var serviceLabels: [String: String]
    /// Annotations.
    public var annotations: [String: String]
    /// What it waits for, ordered by name.
    public var dependencies: [Dependency]
    /// The health check; nil means the image's.
    public var healthcheck: Healthcheck?
    /// How the agent asks it itself (`x-martlet.probes`); nil if it does not.
    public var probes: Probes?
    /// What it tells of itself (`x-martlet.notify`); nil if it is not asked to.
    public var notification: Notification?
    /// The host's sockets that it is handed, in order (`x-martlet.sockets`).
    public var sockets: [Listener] = []
    /// How often it may be started again before it counts as degraded.
    public var flap: FlapLimit
    /// What becomes of its lines (`x-martlet.logs`).
    public var logs = LogSettings()
    /// What is run before the first start, each in a container of its own; the start has failed if one of them does.
    public var preStart: [Hook] = []
    /// What is run inside after a start; the start has failed if one of them does.
    public var postStart: [Hook]
    /// What is run inside before it is asked to stop.
    public var preStop: [Hook]
    /// How its instances are replaced.
    public var update: UpdateConfig
    /// How they are when the app returns to a generation before.
    public var rollback: UpdateConfig
    /// When it may change (`x-martlet.window`); nil means when the app may.
    public var windows: [Window]?
    /// A file of the container: while a program holds its flock(2), no change stops the container.
    public var lock: String?
    /// How long open connections have, once nothing new comes in, before it is asked to stop; nil leaves it to
    /// the agent.
    public var drain: Duration?
    /// When it is started again.
    public var restart: RestartPolicy
    /// Asks it to stop; nil means the image's, then SIGTERM.
    public var stopSignal: Signal?
    /// How long it may take to stop before it is killed.
    public var stopGracePeriod: Duration

    /// A service that runs this image.
    public init(
        name: String,
        image: String,
        pullPolicy: PullPolicy = .missing,
        imageDemand: ImageDemand = ImageDemand(),
        replicas: Int = 1,
        containerName: String? = nil,
        command: [String]? = nil,
        entrypoint: [String]? = nil,
        environment: [String: String] = [:],
        workingDirectory: String? = nil,
        user: String? = nil,
        additionalGroups: [String] = [],
        hostname: String? = nil,
        domainName: String? = nil,
        platform: String? = nil,
        isAttached: Bool = true,
        isReadOnly: Bool = false,
        hasInit: Bool = false,
        hasOpenInput: Bool = false,
        addedCapabilities: [String] = [],
        droppedCapabilities: [String] = [],
        noNewPrivileges: Bool = true,
        isSeccompConfined: Bool = true,
        hasWritableControlGroups: Bool = false,
        runsSystemd: Bool = false,
        userNamespace: UserNamespace = .auto,
        networkMode: NetworkMode = .networks,
        networks: [NetworkAttachment] = [],
        ports: [Port] = [],
        dns: [IPAddress] = [],
        searchDomains: [String] = [],
        resolverOptions: [String] = [],
        links: [Link] = [],
        extraHosts: [ExtraHost] = [],
        mounts: [Mount] = [],
        configs: [FileUse] = [],
        secrets: [FileUse] = [],
        onChange: [String: ChangeReaction] = [:],
        devices: [Device] = [],
        sharedMemorySize: ByteCount? = nil,
        sysctls: [String: String] = [:],
        ulimits: [Ulimit] = [],
        oomScoreAdjustment: Int? = nil,
        resources: Resources = Resources(),
        labels: [String: String] = [:],
        serviceLabels: [String: String] = [:],
        annotations: [String: String] = [:],
        dependencies: [Dependency] = [],
        healthcheck: Healthcheck? = nil,
        probes: Probes? = nil,
        flap: FlapLimit = FlapLimit(),
        postStart: [Hook] = [],
        preStop: [Hook] = [],
        update: UpdateConfig = UpdateConfig(),
        rollback: UpdateConfig = UpdateConfig(),
        drain: Duration? = nil,
        restart: RestartPolicy = RestartPolicy(),
        stopSignal: Signal? = nil,
        stopGracePeriod: Duration = .seconds(10)
    ) {
        self.name = name
        self.image = image
        self.pullPolicy = pullPolicy
        self.imageDemand = imageDemand
        self.replicas = replicas
        self.containerName = containerName
        self.command = command
        self.entrypoint = entrypoint
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.additionalGroups = additionalGroups
        self.hostname = hostname
        self.domainName = domainName
        self.platform = platform
        self.isAttached = isAttached
        self.isReadOnly = isReadOnly
        self.hasInit = hasInit
        self.hasOpenInput = hasOpenInput
        self.addedCapabilities = addedCapabilities
        self.droppedCapabilities = droppedCapabilities
        self.noNewPrivileges = noNewPrivileges
        self.isSeccompConfined = isSeccompConfined
        self.hasWritableControlGroups = hasWritableControlGroups
        self.runsSystemd = runsSystemd
        self.userNamespace = userNamespace
        self.networkMode = networkMode
        self.networks = networks
        self.ports = ports
        self.dns = dns
        self.searchDomains = searchDomains
        self.resolverOptions = resolverOptions
        self.links = links
        self.extraHosts = extraHosts
        self.mounts = mounts
        self.configs = configs
        self.secrets = secrets
        self.onChange = onChange
        self.devices = devices
        self.sharedMemorySize = sharedMemorySize
        self.sysctls = sysctls
        self.ulimits = ulimits
        self.oomScoreAdjustment = oomScoreAdjustment
        self.resources = resources
        self.labels = labels
        self.serviceLabels = serviceLabels
        self.annotations = annotations
        self.dependencies = dependencies
        self.healthcheck = healthcheck
        self.probes = probes
        self.flap = flap
        self.postStart = postStart
        self.preStop = preStop
        self.update = update
        self.rollback = rollback
        self.drain = drain
        self.restart = restart
        self.stopSignal = stopSignal
        self.stopGracePeriod = stopGracePeriod
    }

    /// What follows when the content at a path changes: `configs.NAME` or `secrets.NAME`.
    public func reaction(toChangeOf path: String) -> ChangeReaction {
        onChange[String(path.drop { $0 != "." }.dropFirst())] ?? .restart
    }
}
