// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys

/// A line of a file of allowed signers: ssh-keygen(1), "ALLOWED SIGNERS".
struct AllowedSigner: Sendable {
    /// Whom the key belongs to.
    let principals: String
    /// The key.
    let key: SSHKey
    /// Patterns of what it may sign; nil is everything.
    private var namespaces: [String]?
    /// Seconds since 1970.
    private var validAfter: Int64?
    private(set) var validBefore: Int64?

    /// Reads a line that is neither empty nor a comment.
    init(line: String) throws(SSHKey.Fault) {
        var words = try Self.words(line)
        guard words.count >= 3 else {
            throw SSHKey.Fault(what: "not an allowed signer: write 'PRINCIPAL [OPTIONS] KEYTYPE KEY'")
        }
        principals = words.removeFirst().filter { $0 != "\"" }
        let options = Self.isKeyType(words[0]) ? nil : words.removeFirst()
        guard words.count >= 2, Self.isKeyType(words[0]), let blob = Base64.decode(Array(words[1].utf8))
        else {
            throw SSHKey.Fault(what: "not an allowed signer: write 'PRINCIPAL [OPTIONS] KEYTYPE KEY'")
        }
        key = try SSHKey(blob)
        guard key.type == words[0] else {
            throw SSHKey.Fault(what: "a key of type \(key.type), not \(words[0])")
        }
        for option in try options.map({ (text) throws(SSHKey.Fault) in try Self.split(text, at: ",") }) ?? []
        {
            try take(option)
        }
    }

    /// Why it may not sign for a purpose at a moment, in seconds since 1970; nil if it may.
    func refusal(for namespace: String, at now: Int64) -> String? {
        if let namespaces, !Self.matches(namespace, namespaces) {
            return "may sign for \(namespaces.joined(separator: ",")), not for \(namespace)"
        }
        if let validAfter, now < validAfter { return "is not valid yet" }
        if let validBefore, now >= validBefore { return "is not valid any more" }
        return nil
    }

    private mutating func take(_ option: String) throws(SSHKey.Fault) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        let value = parts.count == 2 ? parts[1].filter { $0 != "\"" } : ""
        switch parts.first?.lowercased() {
        case "cert-authority":
            throw SSHKey.Fault(what: "cert-authority is not supported: list the keys themselves")
        case "namespaces" where !value.isEmpty:
            namespaces = value.split(separator: ",").map(String.init)
        case "valid-after":
            validAfter = try Self.time(value)
        case "valid-before":
            validBefore = try Self.time(value)
        default: throw SSHKey.Fault(what: "option '\(option.prefix(80))' is not known: remove it")
        }
    }

    // MARK: Spelling

    private static func isKeyType(_ word: String) -> Bool {
        ["ssh-", "ecdsa-", "sk-"].contains { word.hasPrefix($0) }
    }

    private static func words(_ line: String) throws(SSHKey.Fault) -> [String] {
        try split(line.replacing("\t", with: " "), at: " ").filter { !$0.isEmpty }
    }

    /// The parts between separators that are not in quotes.
    private static func split(_ text: String, at separator: Character) throws(SSHKey.Fault) -> [String] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        guard !isQuoted else { throw SSHKey.Fault(what: "a quote is not closed") }
        return parts
    }

    /// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, in the node's time zone or, with a `Z` behind it, in UTC.
    private static func time(_ text: String) throws(SSHKey.Fault) -> Int64 {
        let isUTC = text.hasSuffix("Z")
        let digits = (isUTC ? text.dropLast() : text[...]).utf8.map { Int32($0) - 0x30 }
        guard [8, 12, 14].contains(digits.count), digits.allSatisfy({ (0...9).contains($0) }) else {
            throw SSHKey.Fault(
                what: "'\(text.prefix(40))' is not a time: write YYYYMMDD or YYYYMMDDHHMM[SS][Z]"
            )
        }
        func number(_ start: Int, _ count: Int) -> Int32 {
            start < digits.count ? digits[start..<(start + count)].reduce(0) { $0 * 10 + $1 } : 0
        }
        var parts = tm()
        parts.tm_year = number(0, 4) - 1900
        parts.tm_mon = number(4, 2) - 1
        parts.tm_mday = number(6, 2)
        parts.tm_hour = number(8, 2)
        parts.tm_min = number(10, 2)
        parts.tm_sec = number(12, 2)
        parts.tm_isdst = -1
        guard (0...11).contains(parts.tm_mon), (1...31).contains(parts.tm_mday), parts.tm_hour < 24,
            parts.tm_min < 60, parts.tm_sec <= 60
        else { throw SSHKey.Fault(what: "'\(text.prefix(40))' is not a time") }
        return Int64(isUTC ? timegm(&parts) : mktime(&parts))
    }

    /// Whether a list of patterns fits: one with `!` that fits excludes, ssh_config(5) "PATTERNS".
    static func matches(_ text: String, _ patterns: [String]) -> Bool {
        let denied = patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
        let allowed = patterns.filter { !$0.hasPrefix("!") }
        return !denied.contains { fits(text, $0) } && allowed.contains { fits(text, $0) }
    }

    private static func fits(_ text: String, _ pattern: String) -> Bool {
        fnmatch(pattern.replacing("\\", with: "\\\\").replacing("[", with: "\\["), text, 0) == 0
    }
}
