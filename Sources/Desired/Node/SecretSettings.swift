// SPDX-License-Identifier: Apache-2.0

/// What a node lets desired states have as secrets, beside files and credentials: `secrets` in `node.yaml`.
public struct SecretSettings: Equatable, Sendable {
    /// A program of the node that prints a secret.
    public struct Command: Equatable, Sendable {
        /// The program, by its absolute path, and its arguments.
        public var arguments: [String]
        /// How long it may take.
        public var timeout: Duration = .seconds(10)

        /// A program with its arguments.
        public init(_ arguments: [String]) { self.arguments = arguments }
    }

    /// The file of the private keys that age files are decrypted with.
    public var ageIdentity: RegistrySettings.File?
    /// Programs, by the names that desired states call them.
    public var commands: [String: Command] = [:]
    /// Variables of the agent's environment; they are taken out of it when the agent starts.
    public var environment: Set<String> = []

    /// A node that has nothing more than files and credentials.
    public init() {}
}
