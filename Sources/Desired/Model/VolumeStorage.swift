// SPDX-License-Identifier: Apache-2.0

/// How a volume is kept in an object store: `volumes.NAME.x-martlet`.
public struct VolumeStorage: Sendable, Equatable {
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
        /// They are stopped until the store has what they wrote.
        case stop
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

    /// A volume in this store, and how else unless it is said.
    public init(
        store: String,
        commit: Duration = .seconds(10),
        restore: Restore = .eager,
        lease: Duration = .seconds(15),
        quiesce: Quiesce? = nil,
        maximumDirty: ByteCount? = nil,
        onStoreDown: StoreDown = .continue
    ) {
        self.store = store
        self.commit = commit
        self.restore = restore
        self.lease = lease
        self.quiesce = quiesce
        self.maximumDirty = maximumDirty
        self.onStoreDown = onStoreDown
    }
}
