// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// How both sides of the forward protocol prove that they know the shared key: HELO, PING, PONG.
struct ForwardHandshake {
    /// What the receiver said makes no sense, or proves nothing.
    struct Flaw: Error, Equatable { let text: String }

    /// Our name.
    let hostname: String
    /// What both sides know.
    let key: [UInt8]
    /// A user with a password; nil for none.
    let user: (name: String, password: [UInt8])?
    /// Chance, 32 hexadecimal digits.
    let salt: String

    private var nonce: [UInt8] = []
    /// Whether the receiver takes more than one message on a connection.
    private(set) var keepsAlive = true

    init(hostname: String, key: [UInt8], user: (String, [UInt8])? = nil, salt: String = Self.chance) {
        self.hostname = hostname
        self.key = key
        self.user = user.map { ($0.0, $0.1) }
        self.salt = salt
    }

    private static var chance: String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        .joined()
    }

    /// Whether a value is a HELO.
    static func isGreeting(_ value: MessagePackValue) -> Bool {
        guard case .array(let parts) = value else { return false }
        return parts.first == .bytes(Array("HELO".utf8))
    }

    /// Takes HELO; what is answered.
    mutating func answer(_ greeting: MessagePackValue) throws(Flaw) -> [UInt8] {
        guard Self.isGreeting(greeting), case .array(let parts) = greeting, parts.count == 2,
            let nonce = parts[1]["nonce"]?.bytes, !nonce.isEmpty
        else { throw Flaw(text: "it did not begin with a greeting") }
        self.nonce = nonce
        if case .bool(let keeps)? = parts[1]["keepalive"] { keepsAlive = keeps }
        let challenge = parts[1]["auth"]?.bytes ?? []
        if !challenge.isEmpty, user == nil {
            throw Flaw(text: "it wants a user: add 'user' and 'password'")
        }
        var ping = MessagePackText()
        ping.array(6)
        ping.append("PING")
        ping.append(hostname)
        ping.append(salt)
        ping.append(proof(of: hostname))
        if let user, !challenge.isEmpty {
            ping.append(user.name)
            ping.append(HashFunction.sha512.hex(challenge + Array(user.name.utf8) + user.password))
        } else {
            ping.append("")
            ping.append("")
        }
        return ping.bytes
    }

    /// Takes PONG: the receiver lets us in, knows the key, and is not ourselves.
    func check(_ pong: MessagePackValue) throws(Flaw) {
        guard case .array(let parts) = pong, parts.count == 5, parts[0] == .bytes(Array("PONG".utf8)),
            case .bool(let isWelcome) = parts[1], let name = parts[3].bytes, let proof = parts[4].bytes
        else { throw Flaw(text: "it did not end the greeting") }
        guard isWelcome else {
            throw Flaw(
                text: "it does not let us in (\(parts[2].shown)): see 'shared_key', 'user' and 'password'"
            )
        }
        guard name != Array(hostname.utf8) else {
            throw Flaw(text: "it has our own name, \(hostname): it is this node, or gives back what we say")
        }
        let wanted = Array(self.proof(of: String(decoding: name, as: UTF8.self)).utf8)
        guard name.count <= 1024, !wanted.isEmpty, Self.equal(proof, wanted) else {
            throw Flaw(text: "it does not know the key: see 'shared_key'")
        }
    }

    private func proof(of name: String) -> String {
        HashFunction.sha512.hex(Array(salt.utf8) + Array(name.utf8) + nonce + key)
    }

    /// In a time that tells nothing.
    private static func equal(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
