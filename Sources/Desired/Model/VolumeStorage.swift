// SPDX-License-Identifier: Apache-2.0

/// How a volume is kept in an object store: `volumes.NAME.x-martlet`.
public struct VolumeStorage: Sendable, Equatable {
    /// What the store has of it.
    public enum Mode: String, Sendable {
        /// Versions of the whole volume.
        case snapshot
        /// Its files, one object each, for whoever else reads and writes these.
        case objects
        /// Versions of the whole volume, with its databases of SQLite as of a commit while their programs go on.
        case sqlite
    }

    /// What is run inside a container before each commit, so that its files are fit to be read.
    public struct Quiesce: Sendable, Equatable {
        /// The service whose containers run it.
        public var service: String
        /// The program and its arguments.
        public var command: [String]

        /// A command of a service.
        public init(service: String, command: [String]) {
            self.service = service
            self.command = command
        }
    }

    /// What becomes of the containers once more than `maximumDirty` waits for a store that does not answer.
    public enum StoreDown: String, Sendable {
        /// They go on, and more may be lost with the node.
        case `continue`
        /// They may only read until the store has what they wrote; who has a file open for writing is stopped.
        case readonly
        /// They are stopped until the store has what they wrote.
        case stop
    }

    /// Which versions are kept besides the last one: what any of these keeps.
    public struct Retain: Sendable, Equatable {
        /// So many of the last ones.
        public var last: Int
        /// The last one of each of so many hours that have some.
        public var hourly: Int
        /// The last one of each of so many days, of UTC.
        public var daily: Int

        /// So many of each.
        public init(last: Int = 0, hourly: Int = 0, daily: Int = 0) {
            self.last = last
            self.hourly = hourly
            self.daily = daily
        }

        /// What is kept unless it is said.
        public static let usual = Retain(last: 10, hourly: 24, daily: 14)
    }

    /// What becomes of a volume when its app is taken down.
    public enum Removal: String, Sendable {
        /// It stays, on the node and in the store.
        case keep
        /// It goes from both, once it was committed for the last time.
        case delete
    }

    /// How the files of the last version come to a node that has not got them.
    public enum Restore: String, Sendable {
        /// All of them before the first container starts.
        case eager
        /// While they are read, and in the background; containers start before.
        case lazy
    }

    /// The store, as `node.yaml` names it.
    public var store: String
    /// What the store has of it.
    public var mode: Mode
    /// What the keys of its files begin with, before a slash, in the mode `objects`; nil for what the names of app and
    /// volume say.
    public var prefix: String?
    /// Whether only a store will do that is encrypted.
    public var isEncrypted: Bool
    /// So often what changed is committed.
    public var commit: Duration
    /// How its files come back.
    public var restore: Restore
    /// A holder that gave no sign of life for so long may be overtaken.
    public var lease: Duration
    /// What comes before each commit; nil for nothing.
    public var quiesce: Quiesce?
    /// More bytes of changed files than this are committed at once; nil waits for the time.
    public var maximumDirty: ByteCount?
    /// What is done where that is not possible.
    public var onStoreDown: StoreDown
    /// Which versions are kept; all of them for nil.
    public var retain: Retain?
    /// With more bytes of files than this it is not committed; nil has no bound.
    public var quota: ByteCount?
    /// What becomes of it with its app.
    public var onRemove: Removal

    /// A volume in this store, and how else unless it is said.
    public init(
        store: String,
        mode: Mode = .snapshot,
        prefix: String? = nil,
        isEncrypted: Bool = false,
        commit: Duration = .seconds(10),
        restore: Restore = .eager,
        lease: Duration = .seconds(15),
        quiesce: Quiesce? = nil,
        maximumDirty: ByteCount? = nil,
        onStoreDown: StoreDown = .continue,
        retain: Retain? = .usual,
        quota: ByteCount? = nil,
        onRemove: Removal = .keep
    ) {
        self.store = store
        self.mode = mode
        self.prefix = prefix
        self.isEncrypted = isEncrypted
        self.commit = commit
        self.restore = restore
        self.lease = lease
        self.quiesce = quiesce
        self.maximumDirty = maximumDirty
        self.onStoreDown = onStoreDown
        self.retain = retain
        self.quota = quota
        self.onRemove = onRemove
    }

    /// Where its files are: what is elsewhere has other ones.
    public var place: String {
        switch mode {
        case .snapshot, .sqlite: store
        case .objects: "\(store) objects \(prefix ?? "")"
        }
    }
}
