// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// A signature as `ssh-keygen -Y sign` makes it (PROTOCOL.sshsig).
struct SSHSignature: Sendable {
    /// The largest file.
    static let maximumBytes = 64 << 10

    /// Whose it is.
    let key: SSHKey
    /// What it is for.
    let namespace: String
    private let reserved: [UInt8]
    private let hash: HashFunction
    private let blob: [UInt8]

    private static let magic = Array("SSHSIG".utf8)

    /// Reads an armoured signature; anything before or behind it is refused.
    init(armoured text: [UInt8]) throws(SSHKey.Fault) {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard text.count <= Self.maximumBytes, lines.count >= 3,
            lines[0].elementsEqual("-----BEGIN SSH SIGNATURE-----".utf8),
            lines[lines.count - 1].elementsEqual("-----END SSH SIGNATURE-----".utf8),
            let bytes = Base64.decode(Array(lines.dropFirst().dropLast().joined()))
        else { throw SSHKey.Fault(what: "not a signature of SSH: make it with `ssh-keygen -Y sign`") }
        var reader = SSHReader(bytes)
        guard reader.bytes(Self.magic.count) == Self.magic, let version = reader.number() else {
            throw SSHKey.Fault(what: "not a signature of SSH: make it with `ssh-keygen -Y sign`")
        }
        guard version == 1 else { throw SSHKey.Fault(what: "its version \(version) is not known: use 1") }
        guard let key = reader.string(), let namespace = reader.name(), let reserved = reader.string(),
            let hash = reader.name(), let blob = reader.string(), reader.isAtEnd
        else { throw SSHKey.Fault(what: "damaged, or with bytes behind its end: sign anew") }
        guard let function = HashFunction(rawValue: hash), [.sha256, .sha512].contains(function) else {
            throw SSHKey.Fault(what: "its hash \(hash) is not known: use sha512")
        }
        self.key = try SSHKey(key)
        self.namespace = namespace
        self.reserved = reserved
        self.hash = function
        self.blob = blob
    }

    /// Whether it is over these bytes.
    func isOver(_ bytes: [UInt8]) throws(SSHKey.Fault) -> Bool {
        let fields = [Array(namespace.utf8), reserved, Array(hash.rawValue.utf8), hash.hash(bytes)]
        return try key.verifies(blob, of: Self.magic + fields.flatMap(SSHReader.written))
    }
}
