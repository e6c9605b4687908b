// SPDX-License-Identifier: Apache-2.0

/// A device node of the host that the container may use.
public struct Device: Sendable, Equatable {
    /// The path on the host.
    public var source: String
    /// The path inside the container.
    public var target: String
    /// A choice of `r`, `w` and `m`, in this order.
    public var permissions: String

    /// A device.
    public init(source: String, target: String, permissions: String = "rwm") {
        self.source = source
        self.target = target
        self.permissions = permissions
    }
}
