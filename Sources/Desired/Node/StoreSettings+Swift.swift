// SPDX-License-Identifier: Apache-2.0

extension StoreSettings {
    /// A container of OpenStack Swift, and how it is asked.
    public struct SwiftContainer: Equatable, Sendable {
        /// How whoever gives tokens is asked.
        public enum Login: String, Sendable {
            /// Identity API v3.
            case keystone
            /// The first version of Swift's own protocol.
            case tempAuth
        }

        /// The URL of whoever gives tokens.
        public let login: String
        /// How that is asked; its path tells.
        public let version: Login
        /// The container.
        public let container: String
        /// Which of the addresses in the catalog is meant; nil where there is one alone.
        public var region: String?
        /// `public`, `internal` or `admin`.
        public var interface = "public"
        /// What stands before every key: empty, or ends with a slash.
        public var prefix = ""
        /// The words of `clouds.yaml` in JSON; the variables `OS_...` for nil.
        public var credentials: RegistrySettings.File?
        /// Certificates of the authorities that may vouch for the servers.
        public var authorities: RegistrySettings.File?
        /// Whether the container is made when it is missing.
        public var isMade = false
        /// What it must keep.
        public var requirements: Set<Requirement> = []

        /// A container, and who opens it.
        public init(login: String, version: Login, container: String) {
            self.login = login
            self.version = version
            self.container = container
        }
    }
}
