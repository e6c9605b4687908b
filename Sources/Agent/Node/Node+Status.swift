// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Desired
internal import Glibc
internal import Images
internal import Intake
internal import Linux
internal import Plan

// What people and programs are told about the node.

extension Node {
    /// All instances, or those of one app, by app, service and index.
    public func instanceStatus(app: String? = nil) -> [InstanceStatus] {
        instances.values.filter { app == nil || $0.record.app == app }.sorted {
            $0.record.name < $1.record.name
        }.map(status)
    }

    func status(_ instance: Instance) -> InstanceStatus {
        let record = instance.record
        var exitStatus: Int32?
        if case .exited(let status) = instance.phase { exitStatus = status }
        let isStopped = deployments[record.app]?.stopped.contains(record.place) == true
        return InstanceStatus(
            app: record.app,
            service: record.service,
            instance: record.index,
            id: record.id,
            // While its end is being cleaned up it has none.
            pid: instance.phase == .running && instance.pid > 0 ? instance.pid : nil,
            state: instance.word(isStopped: isStopped),
            health: "\(instance.observed.health)",
            checks: instance.health?.shown ?? [],
            drift: instance.drift?.fields ?? [],
            reason: instance.reason,
            statusText: instance.statusText,
            image: record.image,
            digest: record.imageDigest,
            restarts: record.restarts,
            generation: record.generation,
            startedAt: record.startedAt.map(Timestamp.text),
            exitStatus: exitStatus,
            ports: zip(instance.service?.ports ?? [], record.hostPorts).map { port, number in
                let host = port.hostAddress.map { $0.isIPv6 ? "[\($0)]" : "\($0)" } ?? "127.0.0.1"
                return "\(host):\(number)->\(port.target)/\(port.transport.rawValue)"
            }
        )
    }

    /// One app; nil if there is none.
    public func appStatus(_ name: String) async -> AppStatus? {
        await forgetUnsaid()
        return status(ofApp: name)
    }

    private func status(ofApp name: String) -> AppStatus? {
        guard let deployment = deployments[name] else { return nil }
        let (state, reason) = condition(of: name, deployment)
        let generation = deployment.generation
        let instances = instances(of: name)
        return AppStatus(
            name: name,
            generation: generation.number,
            digest: generation.digest,
            source: generation.source,
            acceptedAt: Timestamp.text(generation.acceptedAt),
            state: state,
            reason: reason,
            isExpired: deployment.app.claims.hasExpired(at: Timestamp.now() / 1_000_000_000),
            services: deployment.app.services.map { service in
                let all = instances.filter { $0.record.service == service.name }
                let running = all.filter { $0.phase == .running && $0.isServing }
                return ServiceStatus(
                    name: service.name,
                    desired: service.replicas,
                    running: running.count,
                    ready: running.count { $0.health?.isReady ?? true },
                    image: service.image,
                    digest: generation.images[service.name] ?? "",
                    trust: deployment.images[service.name]?.verdict.map { TrustStatus($0) },
                    follows: service.imageDemand.follow?.rawValue,
                    resolved: generation.names?[service.name],
                    statusText: running.min { $0.record.index < $1.record.index }?.statusText
                )
            },
            holds: deployment.holds,
            plan: plans[name]?.shown
        )
    }

    /// Whether what was once right is so now.
    func condition(of name: String, _ deployment: Deployment) -> (state: String, reason: String) {
        switch deployment.phase {
        case .failed(let reason): return ("failed", reason)
        case .mixed(let reason): return ("mixed", reason)
        case .converging: return ("converging", "\(deployment.done) of \(deployment.total) steps done")
        case .converged where deployment.app.claims.hasExpired(at: Timestamp.now() / 1_000_000_000):
            return ("degraded", "its desired state has expired, and goes on: bring a newer one")
        case .converged:
            if let trouble = volumeTrouble(of: name) { return ("degraded", trouble) }
            let troubled = instances(of: name).filter { instance in
                guard instance.record.isRun != true, !deployment.stopped.contains(instance.record.place)
                else {
                    return false
                }
                return instance.health?.state == .unhealthy || instance.flap.isFlapping
                    || instance.drift != nil || instance.isTroubled
            }.sorted { $0.record.name < $1.record.name }
            guard let first = troubled.first else { return ("converged", "") }
            return ("degraded", "\(first.record.name) is \(first.trouble)")
        }
    }

    /// The highest number of generations accepted over all apps, 0 before the first.
    var generation: Int { deployments.values.map(\.generation.number).max() ?? 0 }

    /// The node as a whole.
    public func nodeStatus() async throws -> NodeStatus {
        await forgetUnsaid()
        return NodeStatus(
            node: name,
            generation: generation,
            version: VersionReply.current,
            pid: getpid(),
            keeper: keeper.pid,
            apps: deployments.keys.sorted().compactMap(status(ofApp:)),
            plans: plans.all.map(\.shown),
            sources: await intake?.reports.map { SourceStatus($0) } ?? [],
            sinks: sinkStatus(),
            volumes: try await volumeStatus(),
            state: await stateStatus(),
            release: releaseStatus,
            conditions: await records.conditions.map { "\($0)" } + degradations()
        )
    }

    /// The text that the current generation of an app was made from; nil if there is no such app.
    public func model(of app: String) -> String? { deployments[app]?.generation.model }

    /// What the running instances use.
    public func stats(app: String? = nil) async throws -> [InstanceStats] {
        let running = instances.values.filter {
            $0.phase == .running && (app == nil || $0.record.app == app)
        }.map(\.record).sorted { $0.name < $1.name }
        let tree = tree
        return try await Thread.run {
            try running.compactMap { record in
                guard let usage = try tree.usage(of: record.id) else { return nil }  // it has just ended
                return InstanceStats(record, usage)
            }
        }
    }
}

extension Instance {
    /// Its state in one word.
    func word(isStopped: Bool) -> String {
        if isStarting { return "starting" }
        switch phase {
        case .created: return "created"
        case .running:
            if isStopping || record.told?.isStopping == true { return "stopping" }
            return isPaused ? "paused" : isSilent ? "starting" : "running"
        case .exited: return isStopped ? "stopped" : isRestarting ? "restarting" : "exited"
        }
    }

    /// What it says of itself while it runs.
    fileprivate var statusText: String? {
        guard phase == .running, let text = record.told?.status, !text.isEmpty else { return nil }
        return text
    }

    /// What is the matter with it, or was when it was started again last; nil for nothing.
    fileprivate var reason: String? {
        if let illness { return illness }
        if health?.state == .unhealthy { return health?.complaint }
        if flap.isFlapping { return "flapping: \(lastEnd)" }
        return lastEnd.isEmpty ? nil : lastEnd
    }

    /// It should run, and does not.
    fileprivate var isTroubled: Bool {
        guard case .exited(let status) = phase, !isStopping else { return false }
        return isRestarting || status != 0
    }

    fileprivate var trouble: String {
        if let health, let failing = health.failing {
            return "unhealthy: \(health.complaint), since \(Timestamp.text(failing.standing.since))"
        }
        if flap.isFlapping { return "flapping: \(lastEnd)" }
        if let drift { return "not as it was made: \(drift.summary)" }
        guard case .exited(let status) = phase else { return word(isStopped: false) }
        let end = status.map { "exited \($0)" } ?? "exited, status unknown"
        return isRestarting ? "\(end), restarting" : end
    }
}

extension Health {
    /// For people and programs.
    fileprivate var shown: [CheckStatus] {
        Part.allCases.compactMap { part in
            standings[part].map { standing in
                CheckStatus(
                    name: part.rawValue,
                    asks: asks(part),
                    state: "\(standing.state)",
                    since: Timestamp.text(standing.since),
                    reason: standing.reason
                )
            }
        }
    }

    private func asks(_ part: Part) -> String {
        if part == .notify {
            return "READY=1" + (inquiry.notification?.watchdog.map { ", WATCHDOG=1 every \($0)" } ?? "")
        }
        let probes = inquiry.probes
        let probe: Probe? =
            switch part {
            case .notify: nil
            case .healthcheck: inquiry.command.map { Probe($0) }
            case .startup: probes?.startup
            case .readiness: probes?.readiness
            case .liveness: probes?.liveness
            }
        return probe?.check.summary ?? ""
    }
}

extension Probe {
    fileprivate init(_ command: [String]) { self.init(.exec(command)) }
}
