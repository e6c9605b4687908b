// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// Keeps a version for whoever reads it longer than a sweep leaves what was given up: until a time, or until it is let go.
package struct ReadPin: Sendable {
    static let prefix = "gc/pin-"
    private static let maximumSize = 1_024

    /// The app and the volume, with a slash between them.
    let volume: String
    let sequence: UInt64
    /// Until when, nanoseconds since 1970.
    let until: UInt64
    private let key: ObjectKey

    /// Pins a version of a log.
    ///
    /// - Throws: `refused` if it was given up before.
    package init(
        _ record: CommitRecord,
        of log: CommitLog,
        until: UInt64,
        nonce: [UInt8],
        in scope: TransferScope
    ) throws(VolumeError) {
        volume = log.place.volume
        sequence = record.sequence
        self.until = until
        key = try Self.place(nonce)
        let bytes: [UInt8]
        do throws(FormatFlaw) { bytes = try encoded() } catch {
            throw VolumeError("pin", volume, .refused(error.description))
        }
        do throws(ObjectError) { try log.store.put(bytes, at: key, in: scope) } catch {
            throw VolumeError("pin", key.text, .store(error))
        }
        guard try log.isGivenUp(record, in: scope) else { return }
        try release(in: log.store, scope)
        throw log.givenUp("pin", record)
    }

    /// Lets go of it.
    package func release(in store: any ObjectStore, _ scope: TransferScope) throws(VolumeError) {
        try Self.release(key, in: store, scope)
    }

    /// Lets go of the one that was made with a nonce, if it is there.
    package static func release(_ nonce: [UInt8], in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError)
    {
        try release(place(nonce), in: store, scope)
    }

    private static func release(_ key: ObjectKey, in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError)
    {
        do throws(ObjectError) { try store.delete(key, in: scope) } catch {
            throw VolumeError("release", key.text, .store(error))
        }
    }

    /// The one that was made with a nonce; nil if it was let go, or ended long ago.
    package static func find(_ nonce: [UInt8], in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError) -> ReadPin?
    {
        try find(place(nonce), in: store, scope)
    }

    static func find(_ key: ObjectKey, in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError) -> ReadPin?
    {
        guard let bytes = try store.find(key, limit: maximumSize, in: scope) else { return nil }
        do throws(FormatFlaw) { return try ReadPin(bytes, at: key) } catch {
            throw VolumeError("read", key.text, .damaged(error.description))
        }
    }

    private static func place(_ nonce: [UInt8]) throws(VolumeError) -> ObjectKey {
        try Ledger.named(prefix + hexadecimal(nonce))
    }

    /// Whether it keeps its version at a time, nanoseconds since 1970.
    package func isInForce(at now: UInt64) -> Bool { until > now }

    /// Whether it ended so long before a time that it has, whose clock that may be.
    func isOver(at now: UInt64) -> Bool { now > until && now - until >= Sweeper.grace }

    private func encoded() throws(FormatFlaw) -> [UInt8] {
        var writer = ByteWriter()
        writer.put("MLGP".utf8)
        writer.put(UInt16(1))
        writer.put(counted: volume.utf8)
        writer.put(sequence)
        writer.put(until)
        writer.put(try ContentName(of: writer.bytes))
        return writer.bytes
    }

    init(_ bytes: [UInt8], at key: ObjectKey) throws(FormatFlaw) {
        var reader = ByteReader(try ByteReader.checked(bytes, "a pin"))
        try reader.expect("MLGP")
        guard try reader.take(UInt16.self) == 1 else {
            throw FormatFlaw("a pin of a newer agent: upgrade this one")
        }
        let name = try reader.takeCounted("volume", limit: CommitRecord.Origin.maximumVolume)
        volume = String(decoding: name, as: UTF8.self)
        sequence = try reader.take(UInt64.self)
        until = try reader.take(UInt64.self)
        try reader.expectEnd()
        self.key = key
    }
}

extension CommitLog {
    /// Whether a version is not kept any more: its files may be gone.
    package func isGivenUp(_ record: CommitRecord, in scope: TransferScope) throws(VolumeError) -> Bool {
        guard try !givenUp(in: scope).contains(record.sequence) else { return true }
        // The ledger forgets those whose records are gone: in this order nothing slips through.
        return try find(record.sequence, in: scope) != record
    }

    /// The versions of the log that have a record, and whose files may be gone.
    package func givenUp(in scope: TransferScope) throws(VolumeError) -> Set<UInt64> {
        let expired = try Ledger(store: store).last(in: scope)?.expired ?? [:]
        return Set(expired.keys.lazy.filter { $0.volume == place.volume }.map(\.sequence))
    }

    func givenUp(_ operation: String, _ record: CommitRecord) -> VolumeError {
        let reason = "version \(record.sequence) is not kept any more: take another one"
        return VolumeError(operation, place.volume, .refused(reason))
    }
}
