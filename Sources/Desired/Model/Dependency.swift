// SPDX-License-Identifier: Apache-2.0

/// A service that must have got somewhere before another one starts.
public struct Dependency: Sendable, Equatable {
    /// The service that is waited for.
    public var service: String
    /// How far it must have got.
    public var condition: Condition
    /// Whether its failure stops the dependent from starting.
    public var isRequired: Bool
    /// Whether the dependent restarts when the agent restarts or replaces this service.
    public var restarts: Bool

    /// A dependency on this service.
    public init(
        service: String,
        condition: Condition = .started,
        isRequired: Bool = true,
        restarts: Bool = false
    ) {
        self.service = service
        self.condition = condition
        self.isRequired = isRequired
        self.restarts = restarts
    }
}
