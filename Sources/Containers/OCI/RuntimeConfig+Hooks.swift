// SPDX-License-Identifier: Apache-2.0

extension RuntimeConfig {
    /// A program to run at a point of the container's life, with its state on the standard input.
    public struct Hook: Equatable, Sendable {
        /// The program, absolute.
        public var path: String
        /// Its arguments, its name first; empty is the path alone.
        public var args: [String] = []
        /// `NAME=value` each.
        public var env: [String] = []
        /// How long it may take; nil is as long as it likes.
        public var timeout: Duration?

        /// A hook without arguments.
        public init(path: String) {
            self.path = path
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            path = try at.required("path", "the absolute path of a program").absolutePath()
            args = try at["args"]?.strings() ?? []
            env = try at["env"]?.strings() ?? []
            timeout = try at["timeout"]?.integer(Int64.self, in: 1...Int64(Int32.max)).seconds
        }
    }

    /// What runs as the container comes and goes, each in order.
    public struct Hooks: Equatable, Sendable {
        /// On the host before the root is changed; deprecated, before `createRuntime`.
        public var prestart: [Hook] = []
        /// On the host, after the namespaces are made.
        public var createRuntime: [Hook] = []
        /// In the container's namespaces, before the root is changed.
        public var createContainer: [Hook] = []
        /// In the container, before its program is run.
        public var startContainer: [Hook] = []
        /// On the host, after the program was started.
        public var poststart: [Hook] = []
        /// On the host, after the container is deleted.
        public var poststop: [Hook] = []

        /// No hooks.
        public init() {}

        init(_ at: JSONCursor) throws(ConfigError) {
            prestart = try at["prestart"]?.list(Hook.init) ?? []
            createRuntime = try at["createRuntime"]?.list(Hook.init) ?? []
            createContainer = try at["createContainer"]?.list(Hook.init) ?? []
            startContainer = try at["startContainer"]?.list(Hook.init) ?? []
            poststart = try at["poststart"]?.list(Hook.init) ?? []
            poststop = try at["poststop"]?.list(Hook.init) ?? []
        }
    }
}

extension Int64 {
    fileprivate var seconds: Duration { .seconds(self) }
}
