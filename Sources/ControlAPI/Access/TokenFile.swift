// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Glibc
internal import Keys

/// The tokens that callers may prove themselves with, as the file holds them: a line each, `NAME ROLE EXPIRES HASH`.
///
/// The token itself is nowhere but with its owner: it is 256 random bits, of which the file has the SHA-256.
public struct TokenFile: Equatable, Sendable {
    /// A token, as far as the node knows it.
    public struct Token: Equatable, Sendable {
        /// Who has it.
        public var name: String
        /// What they may do.
        public var role: APISettings.Role
        /// From when on it is not taken any more, RFC 3339 in UTC; nil is never.
        public var expires: String?
        /// The SHA-256 of the token.
        public var hash: [UInt8]

        /// From when on it is not taken any more, in seconds since 1970; nil is never.
        var end: Int64? {
            expires.map { text in
                let parts = text.split { !$0.isNumber }.compactMap { Int32($0) }
                guard parts.count == 6 else { return 0 }
                var moment = tm()
                (moment.tm_year, moment.tm_mon, moment.tm_mday) = (parts[0] - 1900, parts[1] - 1, parts[2])
                (moment.tm_hour, moment.tm_min, moment.tm_sec) = (parts[3], parts[4], parts[5])
                return Int64(timegm(&moment))
            }
        }
    }

    /// Why a file, or a new token, is not taken.
    public struct Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong, with the line and the remedy.
        public let description: String
    }

    /// A larger file is not read.
    public static let maximumBytes = 1 << 20
    /// What every token begins with, so that it is known for what it is where it does not belong.
    static let prefix = "martlet_"

    /// In the order of the file.
    public private(set) var tokens: [Token] = []

    /// A file without tokens.
    public init() {}

    /// Reads the content of a file; empty lines and those that begin with `#` mean nothing.
    public init(_ content: [UInt8]) throws(Fault) {
        for (index, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 4, Self.isName(first),
                let role = APISettings.Role(rawValue: String(words[1])),
                words[2] == "never" || Self.isTime(words[2]), words[3].hasPrefix("sha256:"),
                let hash = Self.bytes(hex: words[3].dropFirst(7)), hash.count == 32
            else { throw Fault(description: "line \(index + 1): not 'NAME ROLE EXPIRES sha256:HASH'") }
            let expires = words[2] == "never" ? nil : String(words[2])
            guard !tokens.contains(where: { $0.name == first || $0.hash == hash }) else {
                throw Fault(description: "line \(index + 1): token \(first) is there twice: remove one")
            }
            tokens.append(Token(name: String(first), role: role, expires: expires, hash: hash))
        }
    }

    /// The content of the file.
    public var content: String {
        tokens.map { token in
            let hash = token.hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "\(token.name) \(token.role.rawValue) \(token.expires ?? "never") sha256:\(hash)\n"
        }.joined()
    }

    /// Adds a token, and gives it: nobody can tell it a second time.
    public mutating func add(_ name: String, role: APISettings.Role, expires: String?) throws(Fault) -> String
    {
        guard Self.isName(name[...]) else {
            throw Fault(
                description: "'\(name)' is not a name: use letters, digits, '.', '_' and '-', at most 63"
            )
        }
        guard !tokens.contains(where: { $0.name == name }) else {
            throw Fault(description: "token \(name) is there already: revoke it, or use another name")
        }
        guard let random = Secrets.random(32) else {
            throw Fault(description: "the system gives no random numbers")
        }
        let letters = Base64.encode(random).replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=",
            with: ""
        )
        let token = Self.prefix + letters
        tokens.append(
            Token(name: name, role: role, expires: expires, hash: HashFunction.sha256.hash(Array(token.utf8)))
        )
        return token
    }

    /// Removes a token; whether it was there.
    public mutating func remove(_ name: String) -> Bool {
        let count = tokens.count
        tokens.removeAll { $0.name == name }
        return tokens.count < count
    }

    /// The token that a caller shows, if it is one; it may be over.
    ///
    /// Each is compared in full, whatever came before: how long it takes tells nothing.
    func token(_ shown: String) -> Token? {
        let hash = HashFunction.sha256.hash(Array(shown.utf8))
        var found: Token?
        for token in tokens where Secrets.areEqual(token.hash, hash) { found = token }
        return found
    }

    /// RFC 3339 in UTC, to the second, so many seconds after now.
    public static func time(after seconds: Int64 = 0) -> String {
        var moment = Glibc.time(nil) + Int(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func padded(_ number: Int32, _ width: Int = 2) -> String {
            String(repeating: "0", count: max(0, width - "\(number)".count)) + "\(number)"
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        return "\(date)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
    }

    /// Of one width, so that times compare as texts do.
    private static func isTime(_ text: Substring) -> Bool {
        let pattern = "0000-00-00T00:00:00Z"
        return text.utf8.count == pattern.utf8.count
            && zip(text.utf8, pattern.utf8).allSatisfy { byte, form in
                form == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == form
            }
    }

    private static func isName(_ text: Substring) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    private static func bytes(hex: Substring) -> [UInt8]? {
        guard hex.utf8.count.isMultiple(of: 2) else { return nil }
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == hex.utf8.count else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
