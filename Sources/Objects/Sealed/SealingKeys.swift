// SPDX-License-Identifier: Apache-2.0
public import Keys

/// The keys of a sealed store: with the first of them is sealed, with all of them is opened.
///
/// So a key is replaced by another one put before it, and left away once nothing is there that it sealed.
public struct SealingKeys: Sendable {
    /// A store has no more.
    public static let most = 16

    private let keys: [(id: [UInt8], key: SealingKey)]

    /// Takes keys, the newest first; throws what is wrong with them.
    public init(_ keys: [SealingKey]) throws(ObjectError) {
        guard (1...Self.most).contains(keys.count) else {
            throw ObjectError("seal", "keys", .refused("are \(keys.count): name 1 to \(Self.most)"))
        }
        var named: [(id: [UInt8], key: SealingKey)] = []
        for key in keys {
            guard let id = key.id else { throw Self.broken }
            named.append((id, key))
        }
        self.keys = named
    }

    static var broken: ObjectError {
        ObjectError("seal", "keys", .unavailable("libcrypto has no AES-256-GCM or no random numbers"))
    }

    /// Seals a whole object.
    func seal(_ bytes: [UInt8], at key: ObjectKey) throws(ObjectError) -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(Int(SealedLayout.storedSize(of: Int64(bytes.count))))
        let sealer = try ObjectSealer(keys[0], at: key)
        var start = 0, index: Int64 = 0
        repeat {
            let end = min(start + Int(SealedLayout.plain), bytes.count)
            sealed += try sealer.seal(bytes[start..<end], index, isLast: end == bytes.count)
            (start, index) = (end, index + 1)
        } while start < bytes.count
        return sealed
    }

    /// What seals an object segment by segment.
    func sealer(at key: ObjectKey) throws(ObjectError) -> ObjectSealer { try ObjectSealer(keys[0], at: key) }

    /// Opens segments that follow each other, from the one with number `first` on; the whole object has `stored` bytes.
    func open(
        _ bytes: [UInt8],
        from first: Int64,
        of stored: Int64,
        at key: ObjectKey,
        _ call: StoreCall
    ) throws(ObjectError) -> [UInt8] {
        let last = SealedLayout.segments(ofStored: stored) - 1
        var opened: [UInt8] = [], rest = bytes[...], index = first, sealer: ObjectSealer?
        opened.reserveCapacity(bytes.count)
        while !rest.isEmpty {
            let segment = rest.prefix(Int(SealedLayout.stored))
            rest = rest.dropFirst(segment.count)
            let id = try self.id(of: segment, call)
            if sealer?.id != id {
                guard let known = keys.first(where: { $0.id == id }) else {
                    let reason = "is sealed with the key \(HashFunction.hex(of: id)), which is none of"
                    throw call.error(.refused("\(reason) 'encrypt' of the store in node.yaml: add it there"))
                }
                sealer = try ObjectSealer(known, at: key)
            }
            let isLast = index == last
            guard isLast || segment.count == SealedLayout.stored,
                let plain = sealer?.open(segment, index, isLast: isLast)
            else {
                throw call.error(.refused("is not what was sealed there: it was damaged, moved or forged"))
            }
            opened += plain
            index += 1
        }
        return opened
    }

    private func id(of segment: ArraySlice<UInt8>, _ call: StoreCall) throws(ObjectError) -> [UInt8] {
        guard segment.count >= SealedLayout.overhead, segment.starts(with: SealedLayout.magic) else {
            let reason = "is not sealed, as all is in a store with 'encrypt'"
            throw call.error(.refused("\(reason): give the store a prefix of its own in node.yaml"))
        }
        return Array(segment.dropFirst(SealedLayout.magic.count).prefix(SealingKey.idSize))
    }
}

/// Seals and opens the segments of one object, with a key that is for its place alone.
struct ObjectSealer {
    let id: [UInt8]
    private let key: SealingKey

    init(_ key: (id: [UInt8], key: SealingKey), at place: ObjectKey) throws(ObjectError) {
        guard let derived = key.key.derived(for: Array("martlet object ".utf8) + place.bytes) else {
            throw SealingKeys.broken
        }
        (id, self.key) = (key.id, derived)
    }

    func seal(_ plain: ArraySlice<UInt8>, _ index: Int64, isLast: Bool) throws(ObjectError) -> [UInt8] {
        guard let sealed = key.seal(plain, in: SealedLayout.context(index, isLast: isLast)) else {
            throw SealingKeys.broken
        }
        return SealedLayout.magic + id + sealed
    }

    /// What a segment has; nil if it is not the one of this place.
    func open(_ segment: ArraySlice<UInt8>, _ index: Int64, isLast: Bool) -> [UInt8]? {
        key.open(
            segment.dropFirst(SealedLayout.magic.count + SealingKey.idSize),
            in: SealedLayout.context(index, isLast: isLast)
        )
    }
}
