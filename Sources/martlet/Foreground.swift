// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Desired
internal import Glibc
internal import Linux
internal import Plan

/// Keeper, agent and screen in one process for a laptop or a demo: no systemd, no daemon left behind.
struct Foreground {
    let app: App
    let folders: Folders
    let quiet: Bool

    func run() async throws {
        let signals = try Interrupts()
        let claim = try folders.claim()
        defer { withExtendedLifetime(claim) {} }
        let keeper = try await KeeperUnit(folders: folders)
        let node: Node
        do {
            node = try await Node.start(folders)
        } catch {
            try? await keeper.quit()  // one that has containers stays with them
            throw error
        }
        let screen = Task { await show(node.events) }
        let lines = try quiet ? nil : LogScreen(app: app, folders: folders)
        var failure: (any Error)?
        do {
            try await untilInterrupted(signals) { try await bringUp(node) }
        } catch {
            failure = error
        }
        Terminal.print(Terminal.paint("stopping \(app.name)", code: 1))
        let impatience = Task {
            if await signals.next() != nil { await node.hurry() }
        }
        defer { impatience.cancel() }
        do {
            try await node.down(app.name)
        } catch {
            failure = failure ?? error
        }
        keeper.letGo()
        do {
            try await node.end()
            try folders.clearRuntime()
        } catch {
            failure = failure ?? error
        }
        await screen.value
        lines?.end()
        if let failure, !(failure is CancellationError) { throw failure }
    }

    /// Applies the file, says where it is served, shows the logs, and stays until it is interrupted.
    private func bringUp(_ node: Node) async throws {
        try await node.apply(app)
        try await node.settle(app.name)
        for instance in await node.status() where instance.name.app == app.name {
            guard let service = app.service(instance.name.service) else { continue }
            for (port, number) in zip(service.ports, instance.hostPorts) {
                let host = port.hostAddress.map { $0.isUnspecified ? "127.0.0.1" : "\($0)" } ?? "127.0.0.1"
                let scheme = port.transport == .udp ? "udp" : "http"
                Terminal.print(
                    Terminal.paint(
                        "\(app.name)/\(service.name) answers on \(scheme)://\(host):\(number)/",
                        code: 1
                    )
                )
            }
        }
        Terminal.print(Terminal.paint("\(app.name) is up: Ctrl-C stops it", code: 1))
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func untilInterrupted(_ signals: Interrupts, _ body: @escaping @Sendable () async throws -> Void)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask { _ = await signals.next() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func show(_ events: AsyncStream<AgentEvent>) async {
        for await event in events { Terminal.print(Terminal.visible(Self.line(event))) }
    }

    private static func line(_ event: AgentEvent) -> String {
        let reason = event.reason.isEmpty ? "" : " (\(event.reason))"
        switch event.kind {
        case .step: return "  \(event.subject)\(reason)"
        case .started: return "  \(event.subject) started"
        case .healthy: return "  \(event.subject) is healthy"
        case .unhealthy: return "  \(event.subject) is unhealthy"
        case .exited(let status?): return "  \(event.subject) exited \(status)"
        case .exited(nil): return "  \(event.subject) exited, status unknown"
        case .restarting(let delay): return "  \(event.subject) starts again in \(delay)"
        case .failed: return "  \(event.subject): \(event.reason)"
        }
    }
}
