// SPDX-License-Identifier: Apache-2.0
internal import CCrypto
public import Linux

/// A file in the format age v1 (age-encryption.org/v1), binary or armored, encrypted for recipients of X25519.
///
/// Every bound is checked before memory is taken, and nothing is given out before all of it has proved right.
public struct AgeFile: Sendable {
    private static let chunk = 64 << 10
    private static let tag = 16

    private let bytes: [UInt8]
    private let header: AgeHeader

    /// Reads the header; of what follows nothing is known yet.
    public init(_ file: [UInt8]) throws(AgeFault) {
        bytes = try AgeArmor.removed(file)
        header = try AgeHeader(bytes)
    }

    /// Whether bytes begin as such a file does.
    public static func isOne(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: AgeHeader.version.utf8) || bytes.starts(with: AgeArmor.begin.utf8)
    }

    /// What is in it, at most `limit` bytes.
    public func content(for identities: [AgeIdentity], limit: Int) throws(AgeFault) -> SecretContent {
        let key = try fileKey(identities)
        guard let code = key.derivedKey(salt: [], info: "header"),
            let sum = header.signed.withUnsafeBytes({ KeyedHash(key: code).hash($0) }),
            KeyedHash.equal(sum, header.code)
        else { throw .damaged }
        let payload = bytes[header.length...]
        guard payload.count >= 16 + Self.tag else { throw .malformed("it ends early") }
        let sealed = payload.dropFirst(16)
        let chunks = (sealed.count + Self.chunk + Self.tag - 1) / (Self.chunk + Self.tag)
        let size = sealed.count - chunks * Self.tag
        guard size >= 0 else { throw .malformed("it ends early") }
        guard size <= limit else { throw .size(limit) }
        // Only a file of nothing ends with a chunk of nothing.
        guard size > 0 || chunks == 1, chunks == 1 || size > (chunks - 1) * Self.chunk else { throw .damaged }
        guard let streamKey = key.derivedKey(salt: Array(payload.prefix(16)), info: "payload") else {
            throw .damaged
        }
        return try SecretContent(capacity: size) { (room) throws(AgeFault) in
            for index in 0..<chunks {
                let from = sealed.startIndex + index * (Self.chunk + Self.tag)
                let part = sealed[from..<min(from + Self.chunk + Self.tag, sealed.endIndex)]
                let place = UnsafeMutableRawBufferPointer(rebasing: room[(index * Self.chunk)...])
                let nonce = Self.nonce(index, isLast: index == chunks - 1)
                guard Self.open(part, streamKey, nonce, into: place) else { throw .damaged }
            }
            return size
        }
    }

    /// "The X25519 recipient type": the file key, as the first of us that it is for can unwrap it.
    private func fileKey(_ identities: [AgeIdentity]) throws(AgeFault) -> SecretContent {
        let kinds = header.stanzas.map(\.kind)
        guard !kinds.contains("scrypt") || kinds.count == 1 else {
            throw .malformed("a passphrase stands beside other recipients")
        }
        for stanza in header.stanzas where stanza.kind == "X25519" {
            guard stanza.arguments.count == 1, let share = AgeHeader.bytes(stanza.arguments[0][...]),
                share.count == 32, stanza.body.count == 32
            else { throw .malformed("line of a recipient") }
            for identity in identities {
                guard let shared = identity.shared(with: share) else {
                    throw .malformed("a share of low order")
                }
                guard
                    let key = shared.derivedKey(
                        salt: share + identity.recipient,
                        info: "age-encryption.org/v1/X25519"
                    )
                else { throw .damaged }
                let found = SecretContent(capacity: 16) { room in
                    let nonce = [UInt8](repeating: 0, count: 12)
                    return Self.open(stanza.body[...], key, nonce, into: room) ? 16 : 0
                }
                if found.count == 16 { return found }
            }
        }
        throw .stranger
    }

    /// STREAM: eleven bytes of counter, and one that marks the end.
    private static func nonce(_ index: Int, isLast: Bool) -> [UInt8] {
        let counter = withUnsafeBytes(of: UInt64(index).bigEndian, Array.init)
        return [0, 0, 0] + counter + [isLast ? 1 : 0]
    }

    /// ChaCha20-Poly1305 (RFC 8439); false if the tag is wrong.
    private static func open(
        _ sealed: ArraySlice<UInt8>,
        _ key: SecretContent,
        _ nonce: [UInt8],
        into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let size = sealed.count - tag
        guard size >= 0, size <= room.count, key.count == 32, let context = EVP_CIPHER_CTX_new() else {
            return false
        }
        defer { EVP_CIPHER_CTX_free(context) }
        var code = Array(sealed.suffix(tag))
        var count: Int32 = 0
        var rest: Int32 = 0
        let isSet = key.withBytes { key in
            EVP_DecryptInit_ex(
                context,
                EVP_chacha20_poly1305(),
                nil,
                key.baseAddress?.assumingMemoryBound(to: UInt8.self),
                nonce
            ) == 1
        }
        guard isSet, EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag), &code) == 1 else {
            return false
        }
        // Nothing to decrypt still has a tag; a pointer to nothing would be taken for additional data.
        var nothing: UInt8 = 0
        let isRead = sealed.prefix(size).withUnsafeBufferPointer { input in
            size == 0
                || EVP_DecryptUpdate(
                    context,
                    room.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    &count,
                    input.baseAddress,
                    Int32(size)
                ) == 1
        }
        return isRead && Int(count) == size && EVP_DecryptFinal_ex(context, &nothing, &rest) == 1
    }
}
