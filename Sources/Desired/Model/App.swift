// SPDX-License-Identifier: Apache-2.0

public import Calendar

/// One desired-state file, decoded, checked and made complete: the unit of plan, rollout and rollback.
public struct App: Sendable, Equatable {
    /// The app's identity, `[a-z0-9][a-z0-9_-]*`.
    public var name: String
    /// The version of the format that the file is written in.
    public var format: Int
    /// How it changes from one generation to the next.
    public var rollout: Rollout
    /// How new it is, until when it holds and for whom; no part of its digest.
    public var claims = Claims()
    /// The services, ordered by name.
    public var services: [Service]
    /// The jobs, ordered by name; no service has the name of one.
    public var jobs: [Job] = []
    /// When services may change; always if there is none.
    public var windows: [Window] = []
    /// The networks, ordered by name, with `default` among them if a service uses it.
    public var networks: [Network]
    /// The volumes, ordered by name.
    public var volumes: [Volume]
    /// The configs, ordered by name.
    public var configs: [Config]
    /// The secrets, ordered by name.
    public var secrets: [Secret]

    /// An app of these parts, which are put in order of their names.
    public init(
        name: String,
        format: Int = 1,
        rollout: Rollout = Rollout(),
        services: [Service] = [],
        networks: [Network] = [],
        volumes: [Volume] = [],
        configs: [Config] = [],
        secrets: [Secret] = []
    ) {
        self.name = name
        self.format = format
        self.rollout = rollout
        self.services = services.sorted { $0.name < $1.name }
        self.networks = networks.sorted { $0.name < $1.name }
        self.volumes = volumes.sorted { $0.name < $1.name }
        self.configs = configs.sorted { $0.name < $1.name }
        self.secrets = secrets.sorted { $0.name < $1.name }
    }

    /// The service of this name.
    public func service(_ name: String) -> Service? {
        services.first { $0.name == name }
    }

    /// The job of this name.
    public func job(_ name: String) -> Job? {
        jobs.first { $0.name == name }
    }

    /// Everything that runs containers: the services, and what the jobs run.
    public var workloads: [Service] {
        jobs.isEmpty ? services : services + jobs.map(\.service)
    }

    /// The service, or what the job runs, of this name.
    public func workload(_ name: String) -> Service? {
        service(name) ?? job(name)?.service
    }

    /// Where the file has a service or job, for example `services.web`.
    public func path(of workload: String) -> String {
        (job(workload) == nil ? "services." : "x-jobs.") + workload
    }

    /// The config of this name.
    public func config(_ name: String) -> Config? {
        configs.first { $0.name == name }
    }

    /// The secret of this name.
    public func secret(_ name: String) -> Secret? {
        secrets.first { $0.name == name }
    }

    /// The variables of the agent's environment that its secrets are in.
    public var secretVariables: [String] {
        secrets.compactMap { if case .environment(let name) = $0.source { name } else { nil } }
    }

    /// The volume of this name.
    public func volume(_ name: String) -> Volume? {
        volumes.first { $0.name == name }
    }

    /// The network of this name.
    public func network(_ name: String) -> Network? {
        networks.first { $0.name == name }
    }
}
