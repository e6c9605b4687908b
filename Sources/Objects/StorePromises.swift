// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// What a store was seen to do; what it says of itself counts for nothing.
public struct StorePromises: Equatable, Sendable {
    /// Of many who create an object at once, one alone does.
    public var hasAtomicCreate: Bool
    /// Bytes that changed on the way to it are refused.
    public var checksBytes: Bool
    /// Bytes are refused that are not those whose SHA-256 the request was signed with.
    public var checksHash: Bool
    /// Bytes are refused that are not those of the CRC-32C that came with them.
    public var checksSum: Bool
    /// It lists keys in the order of their bytes; where it does not, a list is read whole and brought into it.
    public var listsByBytes: Bool

    /// Where a store may have a note of it: who takes that away has it found out anew.
    public static func note() throws(ObjectError) -> ObjectKey { try ObjectKey(".martlet-probe/seen") }

    /// What a store does; nothing is assumed.
    public init(
        hasAtomicCreate: Bool = false,
        checksBytes: Bool = false,
        checksHash: Bool = false,
        checksSum: Bool = false,
        listsByBytes: Bool = false
    ) {
        self.hasAtomicCreate = hasAtomicCreate
        self.checksBytes = checksBytes
        self.checksHash = checksHash
        self.checksSum = checksSum
        self.listsByBytes = listsByBytes
    }
}

extension ObjectStore {
    /// What the store was seen to do: nothing, where nobody looks.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises { StorePromises() }
}

extension DirectoryStore {
    /// What a file system of this node does; one that does not is refused when it is asked to.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        StorePromises(
            hasAtomicCreate: true,
            checksBytes: true,
            checksHash: true,
            checksSum: true,
            listsByBytes: true
        )
    }
}
