// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// Objects by their keys: what is asked of S3, of Swift and of a directory alike, and no more than all of them do.
///
/// An object is there whole or not at all, and what `put` or `create` returned from is there for whoever asks next,
/// also after a loss of power. An error leaves open whether it happened. Nothing that a store says of its contents is
/// proof: whoever must be sure keeps a hash of their own.
///
/// Every call blocks, ends early when its scope is called off (`ObjectError.Cause.cancelled`), and may come from many
/// threads at once. Which failure is worth another attempt, its cause says.
public protocol ObjectStore: Sendable {
    /// What is at a key, or a part of it.
    ///
    /// - Parameters:
    ///   - key: Where it is.
    ///   - range: Which bytes, as far as there are so many; nil for all.
    ///   - limit: More bytes than this are not read.
    ///   - known: The tag of what the caller has already.
    ///   - scope: Ends it early.
    /// - Returns: The object, or nil if its tag is the one that is known.
    /// - Throws: `absent` if there is none, `tooLarge` if more bytes are wanted than the limit, `outside` if no byte of
    ///   the object is in the range.
    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject?

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus

    /// Makes an object, in the place of what was there.
    ///
    /// - Returns: What the store calls this very version, whoever made another one since; nil if it does not say.
    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> EntityTag?

    /// Makes an object where there is none; of many who try at once, one alone does.
    ///
    /// This is the only condition that a store is asked to hold, and what fences are built on: one that is not known
    /// to hold it throws `refused`. After an error it is unknown who made what is there: create the same bytes again,
    /// and if that is not it, compare.
    ///
    /// - Returns: What the store calls the version that this call made; if it made none, what was there is as it was.
    func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation

    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    ///
    /// What comes or goes meanwhile may be told or not; all else is told once.
    ///
    /// - Parameters:
    ///   - prefix: What the keys begin with, byte for byte; empty for all.
    ///   - key: Objects up to this key are left out; nil for none.
    ///   - limit: How many at most, up to 1,000.
    ///   - scope: Ends it early.
    /// - Returns: The first of them, and where to go on.
    /// - Throws: If the store cannot be asked.
    func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage

    /// Makes an object of a file, in the place of what was there.
    ///
    /// Of a large one some bytes may be in the store after an error, and no object: another attempt with the same
    /// `FileUpload` goes on with them, and so does one with another, if the store tells what it has.
    ///
    /// - Returns: What the store calls this very version, as `put`.
    @discardableResult
    func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?

    /// Reads a part of an object into the same place of a file.
    ///
    /// - Parameters:
    ///   - key: Where it is.
    ///   - range: Which bytes, as far as there are so many.
    ///   - version: The tag that it must have; nil for any.
    ///   - file: An open plain file.
    ///   - scope: Ends it early.
    /// - Returns: What is known of the whole object.
    /// - Throws: `absent` if there is none, `outside` if no byte of it is in the range, `refused` if it is another version.
    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>,
        of version: EntityTag?,
        into file: Descriptor,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus

    /// Takes an object away; it may have gone before.
    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError)

    /// Takes objects away, as many as there are; some may be gone after an error.
    func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError)

    /// What the store was seen to do; the first call may take a while.
    func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises
}

extension ObjectStore {
    /// What is at a key, whole.
    ///
    /// - Parameters:
    ///   - key: Where it is.
    ///   - limit: More bytes than this are not read.
    ///   - scope: Ends it early.
    /// - Returns: The object.
    /// - Throws: `absent` if there is none, `tooLarge` if it has more bytes than the limit.
    public func get(_ key: ObjectKey, limit: Int, in scope: TransferScope) throws(ObjectError) -> StoredObject
    {
        guard let object = try get(key, nil, limit: limit, unless: nil, in: scope) else {
            throw ObjectError(
                "get",
                key.text,
                .unavailable("the store calls it unchanged, and was not asked")
            )
        }
        return object
    }
}
