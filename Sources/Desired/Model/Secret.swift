// SPDX-License-Identifier: Apache-2.0

/// What services read and no desired state holds: where its content is found when a container starts.
public struct Secret: Sendable, Equatable {
    /// Where the content is.
    public enum Source: Sendable, Equatable {
        /// A file of the node, by its absolute path; the agent decrypts one in the format age.
        case file(String)
        /// A variable of the agent's environment that `node.yaml` names.
        case environment(String)
        /// A systemd credential of the agent.
        case credential(String)
        /// What a command of the node prints, by its name in `node.yaml`.
        case command(String)
        /// An age file in itself: its armor, or its bytes in Base64.
        case age(String)
    }

    /// The name in the file.
    public var name: String
    /// Where the content is.
    public var source: Source
    /// Labels.
    public var labels: [String: String]

    /// A secret from this source.
    public init(name: String, source: Source, labels: [String: String] = [:]) {
        self.name = name
        self.source = source
        self.labels = labels
    }
}
