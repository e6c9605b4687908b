// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Linux
internal import Networks

// Sockets of the host on which apps listen. The keeper holds them: who connects while a container, the agent or both
// are away waits in the socket's queue.

extension Node {
    /// The sockets that a container of a service is handed, in the file's order.
    func sockets(of service: Service, in app: String) async throws -> [Descriptor] {
        var sockets: [Descriptor] = []
        for listener in service.sockets { sockets.append(try await socket(listener, of: app)) }
        return sockets
    }

    /// Opens what the services of an app listen on and is not open yet, before anything of it is changed.
    ///
    /// One that is kept up starts what it can all the same.
    func openSockets(of app: App) async throws {
        let wanted = app.services.flatMap(\.sockets)
        guard !wanted.isEmpty || listening.contains(app.name) else { return }
        let published = Set(app.workloads.flatMap(\.ports).compactMap(\.named))
        try await closeSockets(of: app.name, but: wanted) { port in published.contains(port) }
        for listener in wanted {
            do { _ = try await socket(listener, of: app.name) } catch {
                if !isKeptUp(app.name) { throw error }
            }
        }
    }

    /// Closes those of an app that its services do not listen on, for all ports or for those that `isMeant`.
    func closeSockets(
        of app: String,
        but wanted: [Listener] = [],
        where isMeant: (UInt16) -> Bool = { _ in true }
    ) async throws {
        guard listening.contains(app) else { return }
        let kept = Set(wanted.map { HostListener.parkedName($0.address, of: app) })
        for name in try await ask({ try await $0.parked() })
        where HostListener.app(ofParked: name) == app && !kept.contains(name) {
            guard let socket = try await ask({ try await $0.take(name) }),
                HostPort(of: socket).map({ isMeant($0.port) }) ?? isMeant(0)
            else { continue }
            try await Thread.run { HostListener.unname(socket) }
            try await ask { try await $0.unpark(name) }
        }
        if wanted.isEmpty { listening.remove(app) }
    }

    /// Closes what is left of apps that are no more.
    func sweepSockets() async throws {
        let apps = Set(deployments.keys).union(instances.values.map(\.record.app)).union(
            await records.apps.keys
        )
        for app in listening.subtracting(apps) { try await closeSockets(of: app) }
    }

    private func socket(_ listener: Listener, of app: String) async throws -> Descriptor {
        let name = HostListener.parkedName(listener.address, of: app)
        listening.insert(app)
        // Two containers that start at once are handed the same.
        await takeTurn(name)
        defer { endTurn(name) }
        if let parked = try await ask({ try await $0.take(name) }) {
            if try await Thread.run({ HostListener.goesOn(parked, as: listener) }) { return parked }
            try await ask { try await $0.unpark(name) }
        }
        let made = try await Thread.run { try HostListener.open(listener) }
        try await ask { try await $0.park(name, made) }
        return made
    }

    // MARK: What cannot be had

    /// Refuses an app that listens where another app or process does, or publishes a port on which another listens.
    ///
    /// - Throws: `ControlError`.
    func checkSockets(of app: App) async throws {
        let others = accepted(with: app).filter { $0.name != app.name }
        let listens = app.services.contains { !$0.sockets.isEmpty }
        guard listens || others.contains(where: { $0.services.contains { !$0.sockets.isEmpty } }) else {
            return
        }
        var problems: [ControlError.Problem] = []
        let places = others.flatMap(places)
        for service in app.services {
            let path = "\(app.path(of: service.name)).x-martlet.sockets"
            for listener in service.sockets {
                let owner = places.first { $0.place.collides(with: Place(listener.address)) }?.owner
                let what =
                    if let owner { "\(listener.address) is taken by \(owner)" } else {
                        try await occupied(listener.address, of: app.name)
                    }
                if let what {
                    problems.append(
                        Self.problem(path, what, "choose another place, or take the other one away")
                    )
                }
            }
            for port in service.ports {
                guard let number = port.named,
                    let owner = places.first(where: {
                        $0.isListener && $0.place.collides(with: .port(port.host(number)))
                    })?.owner
                else { continue }
                let what =
                    "port \(number)/\(port.transport.rawValue) is taken by \(owner), which listens there"
                problems.append(
                    Self.problem("\(app.path(of: service.name)).ports", what, "choose another one")
                )
            }
        }
        try refuse(app, problems)
    }

    /// Something of the host that one alone can have.
    private enum Place {
        case port(HostPort)
        case path(String)

        init(_ address: Listener.Address) {
            if let port = HostPort(address) { self = .port(port) } else { self = .path("\(address)") }
        }

        func collides(with other: Place) -> Bool {
            switch (self, other) {
            case (.port(let one), .port(let other)): one.collides(with: other)
            case (.path(let one), .path(let other)): one == other
            default: false
            }
        }
    }

    /// What an app takes of the host, by its file and by what its containers were given.
    private func places(of app: App) -> [(place: Place, owner: String, isListener: Bool)] {
        let made = instances(of: app.name).flatMap { instance in
            zip(instance.service?.ports ?? [], instance.record.hostPorts).map {
                (place: Place.port($0.host($1)), owner: "\(instance.record.name)", isListener: false)
            }
        }
        return made
            + app.workloads.flatMap { service in
                let name = "\(app.name)/\(service.name)"
                return service.sockets.map { (Place($0.address), name, true) }
                    + service.ports.compactMap { port in
                        port.named.map { (Place.port(port.host($0)), name, false) }
                    }
            }
    }

    /// Why an app cannot listen somewhere; nil if it can, or does already.
    private func occupied(_ address: Listener.Address, of app: String) async throws -> String? {
        let name = HostListener.parkedName(address, of: app)
        if try await ask({ try await $0.take(name) }) != nil { return nil }
        do {
            try await Thread.run { try HostListener.checkFree(address) }
            return nil
        } catch let error as AgentError {
            return "\(error.subject): \(error.cause)"
        }
    }
}
