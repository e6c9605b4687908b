// SPDX-License-Identifier: Apache-2.0

/// A further name by which one service, and no other, finds another one.
public struct Link: Sendable, Equatable {
    /// The service that is found.
    public var service: String
    /// The name.
    public var alias: String

    /// A link to this service.
    public init(service: String, alias: String) {
        self.service = service
        self.alias = alias
    }
}
