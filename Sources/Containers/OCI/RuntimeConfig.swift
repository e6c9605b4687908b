// SPDX-License-Identifier: Apache-2.0

/// A bundle's `config.json`: the OCI runtime specification 1.2 for Linux.
///
/// Names are the specification's. A text member that is empty counts as absent. What depends on the host is
/// not checked here.
public struct RuntimeConfig: Equatable, Sendable {
    /// The container's root file system.
    public struct Root: Equatable, Sendable {
        /// A path on the host; a relative one starts at the bundle.
        public var path: String
        /// Nobody inside can write to it.
        public var readonly = false

        /// A writable root.
        public init(path: String) {
            self.path = path
        }

        init(_ at: JSONCursor) throws(ConfigError) {
            let member = try at.required("path", "the path of the root file system")
            guard let path = try member.filled() else {
                throw member.refused("it is empty: write the path of the root file system")
            }
            self.path = path
            readonly = try at["readonly"]?.bool() ?? false
        }
    }

    /// The version of the specification that this follows.
    public static let version = "1.2.0"

    /// The version of the specification that the bundle follows, 1.x.
    public var ociVersion = version
    /// The first process; needed when the container starts.
    public var process: Process?
    /// The root file system.
    public var root: Root
    /// The host name inside.
    public var hostname: String?
    /// The NIS domain name inside.
    public var domainname: String?
    /// What is attached below the root, in order.
    public var mounts: [Mount] = []
    /// Programs to run as the container comes and goes.
    public var hooks = Hooks()
    /// What others note about the container.
    public var annotations: [String: String] = [:]
    /// Namespaces, resources and the like.
    public var linux = Linux()

    /// A configuration without a process.
    public init(root: Root) {
        self.root = root
    }

    /// Reads and checks a `config.json`, called `document` in messages.
    public init(parsing bytes: [UInt8], document: String = "config.json") throws(ConfigError) {
        try self.init(JSONCursor(parsing: bytes, document: document))
    }

    /// Decodes and checks a configuration.
    public init(_ at: JSONCursor) throws(ConfigError) {
        ociVersion = try Self.version(at.required("ociVersion", "the version of the specification: 1.2.0"))
        process = try at["process"].map(Process.init)
        root = try Root(at.required("root", "an object with the path of the root file system"))
        hostname = try at["hostname"]?.filled()
        domainname = try at["domainname"]?.filled()
        mounts = try at["mounts"]?.list(Mount.init) ?? []
        hooks = try at["hooks"].map(Hooks.init) ?? Hooks()
        annotations = try at["annotations"]?.table { (at) throws(ConfigError) in try at.opaque() } ?? [:]
        linux = try at["linux"].map(Linux.init) ?? Linux()
    }

    /// Any version of the same major number is compatible.
    private static func version(_ at: JSONCursor) throws(ConfigError) -> String {
        let version = try at.string()
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard version.utf8.starts(with: "1.".utf8),
            version.utf8.dropFirst(2).first.map(digits.contains) == true
        else {
            throw at.refused("version \(quoted(version)) is not supported: write one of 1.x, such as 1.2.0")
        }
        return version
    }
}
