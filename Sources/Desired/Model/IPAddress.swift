// SPDX-License-Identifier: Apache-2.0

/// An IP address of version 4 or 6.
public struct IPAddress: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// The address in network order: 4 or 16 bytes.
    public let bytes: [UInt8]

    /// Reads an address; octal, short and zone forms are refused.
    public init?(_ text: String) {
        guard let bytes = text.contains(":") ? IPAddress.six(text) : IPAddress.four(Substring(text)) else {
            return nil
        }
        self.bytes = bytes
    }

    /// Whether it is of version 6.
    public var isIPv6: Bool {
        bytes.count == 16
    }

    /// Whether it stands for every address of its version.
    public var isUnspecified: Bool {
        bytes.allSatisfy { $0 == 0 }
    }

    /// The usual notation; version 6 as RFC 5952 asks.
    public var description: String {
        guard isIPv6 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<longest.lowerBound].joined(separator: ":") + "::"
            + hex[longest.upperBound...].joined(separator: ":")
    }

    /// `0.0.0.0`.
    static let everyFour = IPAddress(bytes: [UInt8](repeating: 0, count: 4))
    /// `127.0.0.1`.
    static let loopback = IPAddress(bytes: [127, 0, 0, 1])
    /// `::`.
    static let everySix = IPAddress(bytes: [UInt8](repeating: 0, count: 16))

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8(digits: String($0)) }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    private static func six(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        guard let gap = text.firstRange(of: "::") else {
            let bytes = groups(text[...], isLast: true)
            return bytes?.count == 16 ? bytes : nil
        }
        guard let head = groups(text[..<gap.lowerBound], isLast: false),
            let tail = groups(text[gap.upperBound...], isLast: true),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.contains(".") {
                guard isLast, index == parts.count - 1, let four = four(part) else { return nil }
                bytes += four
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(Characters.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
            }
        }
        return bytes
    }
}
