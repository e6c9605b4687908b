// SPDX-License-Identifier: Apache-2.0
internal import CCrypto
public import Linux

/// A private key of X25519 as age-keygen(1) writes it: `AGE-SECRET-KEY-1...` (age v1, "The X25519 recipient type").
public struct AgeIdentity: Sendable {
    private static let maximumIdentities = 64
    /// What a file of identities may hold.
    public static let maximumBytes = 64 << 10
    private static let prefix = "AGE-SECRET-KEY-1"

    private let key: SecretContent
    /// The public key.
    let recipient: [UInt8]

    /// The identities of a file: one a line, beside empty lines and those that begin with `#`.
    public static func read(_ file: SecretContent) throws(AgeFault) -> [AgeIdentity] {
        let lines = try file.withBytes { (bytes) throws(AgeFault) in
            var found: [AgeIdentity] = []
            for line in bytes.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
                guard let first = line.first, first != UInt8(ascii: "#") else { continue }
                guard found.count < maximumIdentities else {
                    throw .identity("more than \(maximumIdentities) of them")
                }
                found.append(try AgeIdentity(line: UnsafeRawBufferPointer(rebasing: line)))
            }
            return found
        }
        guard !lines.isEmpty else { throw .identity("there is none in the file") }
        return lines
    }

    private init(line: UnsafeRawBufferPointer) throws(AgeFault) {
        guard line.starts(with: Self.prefix.utf8) else {
            throw .identity("a line does not begin with \(Self.prefix)")
        }
        let key = try Bech32.key(line)
        let recipient: [UInt8]? = key.withBytes { raw in
            guard let pair = Self.pair(raw) else { return nil }
            defer { EVP_PKEY_free(pair) }
            var count = 32
            var bytes = [UInt8](repeating: 0, count: count)
            return EVP_PKEY_get_raw_public_key(pair, &bytes, &count) == 1 && count == 32 ? bytes : nil
        }
        guard let recipient else { throw .identity("libcrypto refuses it") }
        self.key = key
        self.recipient = recipient
    }

    private static func pair(_ raw: UnsafeRawBufferPointer) -> OpaquePointer? {
        EVP_PKEY_new_raw_private_key(
            EVP_PKEY_X25519,
            nil,
            raw.baseAddress?.assumingMemoryBound(to: UInt8.self),
            32
        )
    }

    /// The secret that we share with who made `share`; nil for a share of low order.
    func shared(with share: [UInt8]) -> SecretContent? {
        guard share.count == 32, let pair = key.withBytes({ Self.pair($0) }) else { return nil }
        defer { EVP_PKEY_free(pair) }
        guard let peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nil, share, 32) else { return nil }
        defer { EVP_PKEY_free(peer) }
        guard let context = EVP_PKEY_CTX_new(pair, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer) == 1 else {
            return nil
        }
        let secret = SecretContent(capacity: 32) { room in
            var count = 32
            // Fails by itself where all bits would be zero (RFC 7748, section 6.1).
            let place = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return EVP_PKEY_derive(context, place, &count) == 1 ? count : 0
        }
        let isUseful = secret.withBytes { bytes in bytes.count == 32 && bytes.contains { $0 != 0 } }
        return isUseful ? secret : nil
    }
}
