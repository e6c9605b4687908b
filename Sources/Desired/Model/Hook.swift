// SPDX-License-Identifier: Apache-2.0

/// A command that is run inside a container at a turn of its life.
public struct Hook: Sendable, Equatable {
    /// The program and its arguments.
    public var command: [String]
    /// `user[:group]` by name or number, checked; nil means that of the container.
    public var user: String?
    /// The absolute path in which it starts; nil means that of the container.
    public var workingDirectory: String?
    /// Variables set beside those of the container.
    public var environment: [String: String]

    /// A hook that runs this command.
    public init(
        command: [String],
        user: String? = nil,
        workingDirectory: String? = nil,
        environment: [String: String] = [:]
    ) {
        self.command = command
        self.user = user
        self.workingDirectory = workingDirectory
        self.environment = environment
    }
}
