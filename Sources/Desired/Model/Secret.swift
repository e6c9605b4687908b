// SPDX-License-Identifier: Apache-2.0

/// A file of the node that services read, whose content no desired state holds.
public struct Secret: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// The absolute path on the node.
    public var path: String
    /// Labels.
    public var labels: [String: String]

    /// A secret in this file.
    public init(name: String, path: String, labels: [String: String] = [:]) {
        self.name = name
        self.path = path
        self.labels = labels
    }
}
