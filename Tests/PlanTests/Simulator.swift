// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Plan

/// A node in memory: carries out a plan, and objects to steps that a real one could not do.
struct Simulator {
    var node = Observed()
    private(set) var objections: [String] = []
    private var serial = 0

    mutating func apply(_ steps: [Step], _ app: App, _ digests: [String: String]) {
        for step in steps { apply(step, app, digests) }
    }

    private mutating func apply(_ step: Step, _ app: App, _ digests: [String: String]) {
        switch step.action {
        case .createNetwork(let name):
            if node.networks.contains(where: { $0.app == app.name && $0.name == name }) {
                object(step, "exists")
            }
            node.networks.append(
                .init(app: app.name, name: name, definition: app.network(name)?.definition ?? "?")
            )
        case .removeNetwork(let name):
            let users = node.instances.filter {
                $0.app == app.name && $0.replaceKey.contains("\"network\":\"\(name)\"")
            }
            if !users.isEmpty { object(step, "in use by \(users.map(\.id))") }
            node.networks.removeAll { $0.app == app.name && $0.name == name }
        case .createVolume(let name):
            if node.volumes.contains(where: { $0.app == app.name && $0.name == name }) {
                object(step, "exists")
            }
            node.volumes.append(.init(app: app.name, name: name))
        case .create(let name): create(name, step, app, digests)
        case .replace(let name, let id, _):
            remove(id, step)
            create(name, step, app, digests)
        case .startBeside(let name, let id):
            guard node.instances.contains(where: { $0.id == id && $0.state == .running }) else {
                return object(step, "nothing to stand beside")
            }
            if !node.instances.contains(where: { $0.name == name && $0.isWaiting }) {
                create(name, step, app, digests, beside: id)
            }
            for index in node.instances.indices where node.instances[index].name == name {
                if node.instances[index].isWaiting { node.instances[index].state = .running }
            }
        case .takeOver(let name, let id):
            guard
                let index = node.instances.firstIndex(where: {
                    $0.name == name && $0.isWaiting && $0.state == .running
                })
            else { return object(step, "no successor") }
            node.instances[index].isWaiting = false
            remove(id, step)
        case .settle(let service, _):
            let all = node.instances.filter { $0.app == app.name && $0.service == service }
            if all.isEmpty { object(step, "nothing to wait for") }
        case .run(let name):
            guard let job = app.job(name) else { return object(step, "no job") }
            let key = app.runKey(of: job, image: digests[name] ?? "")
            node.completed["\(app.name)/\(name)", default: []].insert(key)
        case .limit(let name, let id):
            guard let index = node.instances.firstIndex(where: { $0.id == id }) else {
                return object(step, "no container")
            }
            node.instances[index].limits = app.service(name.service)?.resources
            node.instances[index].areLimitsByHand = false
            node.instances[index].drift.removeAll { $0 != "paused" }
        case .thaw(_, let id):
            guard let index = node.instances.firstIndex(where: { $0.id == id }) else {
                return object(step, "no container")
            }
            node.instances[index].drift.removeAll { $0 == "paused" }
        case .renew(let name, let id):
            guard let index = node.instances.firstIndex(where: { $0.id == id && $0.state == .running }),
                let service = app.service(name.service)
            else { return object(step, "does not run") }
            node.instances[index].contents = app.contents(of: service, secrets: [:])
        case .relog(let name, let id):
            guard let index = node.instances.firstIndex(where: { $0.id == id && $0.state == .running }) else {
                return object(step, "does not run")
            }
            node.instances[index].logs = app.service(name.service)?.logs.text
        case .start(let name):
            guard let index = node.instances.firstIndex(where: { $0.name == name }) else {
                return object(step, "no container")
            }
            if node.instances[index].state == .running { object(step, "runs already") }
            node.instances[index].state = .running
            node.instances[index].logs = app.service(name.service)?.logs.text
            node.instances[index].health = app.service(name.service)?.healthcheck == nil ? .none : .starting
        case .stop(_, let id):
            guard let index = node.instances.firstIndex(where: { $0.id == id }) else {
                return object(step, "no container")
            }
            if node.instances[index].state != .running { object(step, "does not run") }
            node.instances[index].state = .exited(143)
        case .remove(_, let id):
            if node.instances.contains(where: { $0.id == id && $0.state == .running }) {
                object(step, "runs")
            }
            remove(id, step)
        case .waitFor(let service, let condition, _):
            let indexes = node.instances.indices.filter {
                node.instances[$0].service == service && node.instances[$0].app == app.name
            }
            for index in indexes {
                if condition == .completed { node.instances[index].state = .exited(0) }
                if condition == .healthy {
                    if node.instances[index].state != .running { object(step, "does not run") }
                    node.instances[index].health = .healthy
                }
            }
        }
    }

    private mutating func create(
        _ name: InstanceName,
        _ step: Step,
        _ app: App,
        _ digests: [String: String],
        beside old: String? = nil
    ) {
        guard let service = app.service(name.service) else { return object(step, "no service") }
        if node.instances.contains(where: { $0.name == name && $0.id != old }) { object(step, "taken") }
        for attachment in service.networks
        where !node.networks.contains(where: { $0.app == app.name && $0.name == attachment.network }) {
            object(step, "no network \(attachment.network)")
        }
        serial += 1
        node.instances.append(
            .init(
                app: app.name,
                service: name.service,
                index: name.index,
                id: "c\(serial)",
                state: .created,
                imageDigest: digests[name.service] ?? "",
                replaceKey: app.replaceKey(of: service),
                contents: app.contents(of: service, secrets: [:]),
                dependencies: service.dependencies.map(\.service),
                limits: service.resources,
                isWaiting: old != nil
            )
        )
    }

    private mutating func remove(_ id: String, _ step: Step) {
        let count = node.instances.count
        node.instances.removeAll { $0.id == id }
        if node.instances.count != count - 1 { object(step, "no container \(id)") }
    }

    private mutating func object(_ step: Step, _ what: String) {
        objections.append("\(step): \(what)")
    }
}
