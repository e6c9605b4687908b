// SPDX-License-Identifier: Apache-2.0

/// A named volume of an app.
public struct Volume: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// Labels.
    public var labels: [String: String]
    /// Where it is kept beside this node; nil for one that is on the node alone.
    public var storage: VolumeStorage?

    /// A volume of this name.
    public init(name: String, labels: [String: String] = [:], storage: VolumeStorage? = nil) {
        self.name = name
        self.labels = labels
        self.storage = storage
    }
}
