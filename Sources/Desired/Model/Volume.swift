// SPDX-License-Identifier: Apache-2.0

/// A named volume of an app.
public struct Volume: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// Labels.
    public var labels: [String: String]

    /// A volume of this name.
    public init(name: String, labels: [String: String] = [:]) {
        self.name = name
        self.labels = labels
    }
}
