// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// Objects of a store, one for each stretch of an instance's lines.
    public struct Archive: Equatable, Sendable {
        /// The name of a store of `node.yaml`.
        public var store: String
        /// What the names of all objects begin with, up to a slash.
        public var prefix = "logs"
        /// How old the first line of an object gets before it is stored.
        public var every = Duration.seconds(300)
        /// Bytes of lines in an object, about, at most.
        public var size = 16 << 20

        /// An archive in a store.
        public init(store: String) { self.store = store }
    }
}
