// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Images
internal import Linux
public import Plan
internal import Volumes

extension Node {
    /// The steps that would bring an app to its desired state, and the images they would use.
    public func plan(_ app: App) async throws -> [Step] {
        let resolved = try await resolve(app)
        return Plan.plan(from: try await observe(), to: app, digests: resolved.mapValues { "\($0.digest)" })
    }

    /// Makes the node match the file.
    ///
    /// Throws at the first step that fails; what is done by then stays.
    public func apply(_ app: App) async throws {
        let resolved = try await resolve(app)
        let steps = Plan.plan(
            from: try await observe(),
            to: app,
            digests: resolved.mapValues { "\($0.digest)" }
        )
        apps[app.name] = app
        for (id, instance) in instances where instance.record.app == app.name {
            instances[id]?.service = app.service(instance.record.service)
            instances[id]?.image = resolved[instance.record.service]
            if instance.phase == .running, instance.health == nil { startHealth(id) }
        }
        // What was adopted had no service until now: its aliases and ports are known from here on.
        try await publishNames(app.name)
        try await republishPorts(app.name)
        for step in steps {
            try Task.checkCancellation()
            tell(step)
            try await perform(step, app, resolved)
        }
    }

    /// Takes an app down; its volumes stay.
    ///
    /// Goes on after a failure and throws the first one at the end.
    public func down(_ app: String) async throws {
        var first: (any Error)?
        for step in Plan.teardown(of: try await observe(), app: app) {
            tell(step)
            do {
                try await perform(step, App(name: app), [:])
            } catch {
                first = first ?? error
            }
        }
        apps[app] = nil
        if let first { throw first }
    }

    private func perform(_ step: Step, _ app: App, _ images: [String: Image]) async throws {
        switch step.action {
        case .createNetwork(let name): try await makeNetwork(name, of: app)
        case .removeNetwork(let name): try await removeNetwork(name, of: app.name)
        case .createVolume(let name):
            let volumes = volumes
            _ = try await Thread.run { try volumes.ensure(app: app.name, name: name) }
        case .create(let name): try create(name, app, images)
        case .replace(let name, let id):
            try await stop(id)
            try await remove(id)
            try create(name, app, images)
        case .start(let name):
            guard let id = instances.values.first(where: { $0.record.name == name })?.record.id else {
                throw AgentError("start", "\(name)", "it was not created")
            }
            try await launch(id)
        case .stop(_, let id): try await stop(id)
        case .remove(_, let id): try await remove(id)
        case .waitFor(let service, let condition, let isRequired):
            let reached = await reach(service, of: app.name, condition)
            try Task.checkCancellation()
            if !reached && isRequired {
                throw AgentError(
                    "wait",
                    "\(app.name)/\(service)",
                    "it did not become \(condition.rawValue): see its log"
                )
            }
        }
    }

    /// Waits until every instance of a service meets a condition; false when one no longer can, or the wait was
    /// cancelled.
    private func reach(_ service: String, of app: String, _ condition: Dependency.Condition) async -> Bool {
        var failed = false
        _ = await until(nil) {
            let all = instances.values.filter { $0.record.app == app && $0.record.service == service }
            failed = all.isEmpty || all.contains { $0.cannotReach(condition) }
            return Task.isCancelled || failed || all.allSatisfy { $0.meets(condition) }
        }
        return !failed
    }

    private func resolve(_ app: App) async throws -> [String: Image] {
        let store = images
        return try await Thread.run {
            var resolved: [String: Image] = [:]
            for service in app.services {
                // The host's ids are the node's to give, not the app's to take.
                guard service.userNamespace == .auto else {
                    throw AgentError(
                        "resolve",
                        "services.\(service.name).x-martlet.userns",
                        "the node's consent to 'host' is not supported yet: use 'auto'"
                    )
                }
                guard let image = try store.resolve(Reference(service.image)) else {
                    throw AgentError(
                        "resolve",
                        "services.\(service.name).image",
                        "\(service.image) is not here: bring it with `martlet image import`"
                    )
                }
                resolved[service.name] = image
            }
            return resolved
        }
    }
}

extension Instance {
    func meets(_ condition: Dependency.Condition) -> Bool {
        switch condition {
        case .started: phase != .created && !isStarting
        case .healthy: phase == .running && health?.state == .healthy
        case .completed: phase == .exited(0)
        }
    }

    /// It ended for good, or it has no check that could make it healthy.
    func cannotReach(_ condition: Dependency.Condition) -> Bool {
        if isStopping { return true }
        switch condition {
        case .started: return false
        case .healthy:
            if phase == .running { return health == nil || health?.state == .unhealthy }
            return isEnded
        case .completed: return isEnded && phase != .exited(0)
        }
    }

    /// Exited, and no start follows.
    private var isEnded: Bool {
        guard case .exited(let status) = phase else { return false }
        var copy = backoff
        return copy.delay(policy: service?.restart ?? RestartPolicy(), status: status, ran: .zero) == nil
    }
}
