// SPDX-License-Identifier: Apache-2.0

/// Where an agent that a service manager runs finds what it would make itself otherwise.
public struct UnitPlace: Sendable {
    /// The control group that is handed over to containers, from the mount point of each hierarchy on; nil for the root.
    public let group: String?

    /// The keeper is a unit of its own, and so may be the control group.
    public init(group: String? = nil) { self.group = group }
}
