// SPDX-License-Identifier: Apache-2.0

/// A text that services have as a file.
public struct Config: Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// The content.
    public let content: String
    /// Labels.
    public var labels: [String: String]
    /// What stands for the content where it would be too long: `sha256:` and 64 digits.
    public let digest: String

    /// A config of this content.
    public init(name: String, content: String, labels: [String: String] = [:]) {
        self.name = name
        self.content = content
        self.labels = labels
        digest = Hash.digest(of: content)
    }
}
