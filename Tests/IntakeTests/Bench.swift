// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Objects
internal import Synchronization
internal import Testing

@testable internal import Intake

/// A node that takes everything, and remembers what it was told.
final class Bench: Sendable {
    struct State {
        var holdings: [String: Holding] = [:]
        /// What was taken last, by app.
        var taken: [String: App] = [:]
        /// `apply APP DIGEST`, `remove APP`, `loaded ...`, `refused ...` in their order.
        var log: [String] = []
        /// Apps that it does not take, with the reason.
        var refuses: [String: String] = [:]
        var now: Int64 = 1_800_000_000
    }

    struct Refusal: Error, CustomStringConvertible { let description: String }

    static let patience = Duration.seconds(60)

    let state = Mutex(State())
    let scratch: Scratch

    init(_ scratch: Scratch) { self.scratch = scratch }

    var log: [String] { state.withLock(\.log) }
    var apps: [String] { state.withLock { $0.holdings.keys.sorted() } }
    /// What was done to the node, without what was told of it.
    var deeds: [String] { log.filter { $0.hasPrefix("apply") || $0.hasPrefix("remove") } }

    private var outlet: Outlet {
        Outlet(
            holdings: { self.state.withLock(\.holdings) },
            check: { app, _ in
                if let why = self.state.withLock({ $0.refuses[app.app.name] }) {
                    throw Refusal(description: why)
                }
            },
            apply: { app, source in
                self.state.withLock { state in
                    state.holdings[app.app.name] =
                        Holding(source: source, digest: app.digest, claims: app.app.claims)
                    state.taken[app.app.name] = app.app
                    state.log.append("apply \(app.app.name)")
                }
            },
            remove: { app, _ in
                self.state.withLock { state in
                    state.holdings[app] = nil
                    state.log.append("remove \(app)")
                }
            },
            report: { event in
                self.state.withLock { state in
                    switch event {
                    case .loaded(let source, let text): state.log.append("loaded \(source): \(text)")
                    case .refused(let source, let text): state.log.append("refused \(source): \(text)")
                    }
                }
            }
        )
    }

    /// Runs an intake of these settings while `body` goes on; as often as it is called, the agent restarts.
    func run(_ yaml: String, node: String = "node-7", _ body: (Intake) async throws -> Void) async throws {
        let settings = try NodeSettings.decode(yaml: "format: 1\n" + yaml, file: "node.yaml")
        let intake = try Intake(
            settings,
            node: node,
            folder: scratch.path,
            path: { file in
                guard case .path(let path) = file else { throw Refusal(description: "no credentials") }
                return path
            },
            stores: settings.stores.compactMapValues { store in
                guard case .directory(let path) = store else { return nil }
                return DirectoryStore(path: path)
            },
            outlet: outlet,
            clock: { self.state.withLock(\.now) }
        )
        let running = Task { await intake.run() }
        do { try await body(intake) } catch {
            running.cancel()
            await running.value
            throw error
        }
        running.cancel()
        await running.value
    }

    /// Waits until something holds.
    func until(
        _ what: String,
        location: SourceLocation = #_sourceLocation,
        _ holds: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while try await !holds() {
            guard ContinuousClock.now < deadline else {
                Issue.record("never: \(what); \(log)", sourceLocation: location)
                throw Refusal(description: what)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until the only source, or the one of this name, is in a state; its report.
    @discardableResult
    func settled(
        _ intake: Intake,
        _ state: SourceReport.State,
        _ words: String = "",
        of name: String? = nil,
        location: SourceLocation = #_sourceLocation
    ) async throws -> SourceReport {
        var found: SourceReport?
        try await until("\(name ?? "") \(state) \(words)", location: location) {
            found = await intake.reports.first { name == nil || $0.name == name }
            return found?.state == state && (found?.reason.contains(words) ?? false)
        }
        return try #require(found)
    }

    /// A Compose file of one service.
    static func app(_ name: String, _ command: String = "a", claims: String = "") -> String {
        """
        name: \(name)
        x-martlet: { \(claims.isEmpty ? "format: 1" : claims) }
        services: { one: { image: "busybox:1", command: ["\(command)"] } }

        """
    }
}
