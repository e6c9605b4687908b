// SPDX-License-Identifier: Apache-2.0

/// What a store calls one version of an object; one with other bytes is called otherwise.
///
/// It means nothing beyond its store.
public struct EntityTag: Hashable, Sendable {
    /// As the store writes it.
    public let text: String

    /// Takes a tag as a store writes it.
    public init(_ text: String) { self.text = text }
}

/// What is known of an object without its bytes.
public struct ObjectStatus: Equatable, Sendable {
    /// Its bytes.
    public let size: Int64
    /// When it was made, by the store's clock; seconds since 1970.
    public let modified: Int64
    /// What its version is called.
    public let tag: EntityTag

    /// Describes an object.
    public init(size: Int64, modified: Int64, tag: EntityTag) {
        self.size = size
        self.modified = modified
        self.tag = tag
    }
}

/// An object as it was read.
public struct StoredObject: Equatable, Sendable {
    /// Of the whole object, also where a part of it was asked for.
    public let status: ObjectStatus
    /// The bytes that were asked for.
    public let bytes: [UInt8]

    /// An object that was read.
    public init(status: ObjectStatus, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
    }
}

/// Some of the objects of a store, in order.
public struct ObjectPage: Equatable, Sendable {
    /// An object in a list.
    public struct Entry: Equatable, Sendable {
        /// Where it is.
        public let key: ObjectKey
        /// What is known of it.
        public let status: ObjectStatus

        /// An object in a list.
        public init(key: ObjectKey, status: ObjectStatus) {
            self.key = key
            self.status = status
        }
    }

    /// The objects; there may be none, and yet more behind them.
    public let entries: [Entry]
    /// Behind which key to go on; nil at the end.
    public let next: ObjectKey?

    /// Some objects, and where to go on.
    public init(entries: [Entry], next: ObjectKey?) {
        self.entries = entries
        self.next = next
    }
}
