// SPDX-License-Identifier: Apache-2.0

/// Programs of the operator that run inside while a container is made and started; OCI runtime specification,
/// "POSIX-platform Hooks".
public struct Hooks: Sendable {
    /// One program.
    public struct Hook: Sendable {
        /// Its absolute path.
        public var path: String
        /// Its arguments, the first being its name.
        public var arguments: [String]
        /// `NAME=value` each.
        public var environment: [String]
        /// How long it may take; nil is as long as it likes.
        public var timeout: Duration?

        /// Describes a hook.
        public init(path: String, arguments: [String], environment: [String], timeout: Duration? = nil) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.timeout = timeout
        }
    }

    /// In the container's namespaces but with the host's files, once all is mounted.
    public var createContainer: [Hook] = []
    /// In the container, before its own program.
    public var startContainer: [Hook] = []
    /// The caller has hooks of its own: it is told when all is mounted, and must answer.
    public var callerTakesPart = false

    /// None.
    public init() {}

    var isEmpty: Bool { createContainer.isEmpty && startContainer.isEmpty && !callerTakesPart }
}
