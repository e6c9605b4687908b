// SPDX-License-Identifier: Apache-2.0

/// Where the desired states go: the little that the intake asks of a node.
public struct Outlet: Sendable {
    /// What happened with a source; once for each change of its state.
    public enum Event: Sendable, Equatable {
        /// What it says now was taken.
        case loaded(source: String, String)
        /// What it says, or that it says nothing, was not taken.
        case refused(source: String, String)
    }

    /// What the node has, by app.
    public var holdings: @Sendable () async -> [String: Holding]
    /// Whether the node could take an app of a source; throws why not, and has changed nothing.
    public var check: @Sendable (SourcedApp, _ source: String) async throws -> Void
    /// Makes an app's desired state its generation, for a source by its name.
    public var apply: @Sendable (SourcedApp, _ source: String) async throws -> Void
    /// Takes an app down for the source that does not say it any more, its volumes stay; returns when that is done.
    public var remove: @Sendable (_ app: String, _ source: String) async throws -> Void
    /// Tells what happened.
    public var report: @Sendable (Event) -> Void

    /// A node as these functions.
    public init(
        holdings: @escaping @Sendable () async -> [String: Holding],
        check: @escaping @Sendable (SourcedApp, _ source: String) async throws -> Void,
        apply: @escaping @Sendable (SourcedApp, _ source: String) async throws -> Void,
        remove: @escaping @Sendable (_ app: String, _ source: String) async throws -> Void,
        report: @escaping @Sendable (Event) -> Void
    ) {
        self.holdings = holdings
        self.check = check
        self.apply = apply
        self.remove = remove
        self.report = report
    }
}
