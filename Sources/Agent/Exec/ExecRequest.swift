// SPDX-License-Identifier: Apache-2.0

/// What a user wants to run inside a container.
public struct ExecRequest: Sendable {
    /// Which instance; of several the first that runs.
    public var selection: Node.Selection
    /// The program and its arguments.
    public var command: [String]
    /// `user[:group]` instead of the container's.
    public var user: String?
    /// The directory to start in instead of the container's.
    public var directory: String?
    /// Variables beside the container's.
    public var environment: [String: String]
    /// Whether standard input is connected.
    public var hasInput: Bool

    /// A request.
    public init(
        selection: Node.Selection,
        command: [String],
        user: String? = nil,
        directory: String? = nil,
        environment: [String: String] = [:],
        hasInput: Bool = false
    ) {
        self.selection = selection
        self.command = command
        self.user = user
        self.directory = directory
        self.environment = environment
        self.hasInput = hasInput
    }
}
