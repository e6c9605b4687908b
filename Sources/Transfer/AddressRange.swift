// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// How near an address is, and so how much may be reached there that nobody outside may ask.
public enum AddressRange: String, Sendable, Hashable {
    /// Reachable for everybody.
    case global
    /// An organisation's own: RFC 1918, RFC 6598, RFC 4193.
    case `private`
    /// This machine.
    case loopback
    /// This network segment; clouds answer there with a machine's secrets.
    case linkLocal = "link-local"
    /// No address of a server: unspecified, multicast, reserved, and clouds' metadata outside the link-local range.
    case reserved

    /// The range of an address as text; nil if it is none.
    public init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = withUnsafeBytes(of: &four) { Self.range(ofIPv4: Array($0)) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self = withUnsafeBytes(of: &six) { Self.range(ofIPv6: Array($0)) }
        } else {
            return nil
        }
    }

    /// The range of a socket address; what is not of the Internet is reserved.
    init(_ address: UnsafeRawPointer, family: Int32) {
        self =
            switch family {
            case AF_INET:
                Self.range(ofIPv4: Array(UnsafeRawBufferPointer(start: address + 4, count: 4)))
            case AF_INET6:
                Self.range(ofIPv6: Array(UnsafeRawBufferPointer(start: address + 8, count: 16)))
            default: .reserved
            }
    }

    private static func range(ofIPv4 bytes: [UInt8]) -> AddressRange {
        switch (bytes[0], bytes[1]) {
        case (127, _): .loopback
        case (169, 254): .linkLocal
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): .private
        case (0, _), (224...255, _): .reserved
        default: .global
        }
    }

    private static func range(ofIPv6 bytes: [UInt8]) -> AddressRange {
        let zeros = bytes.prefix { $0 == 0 }.count
        if zeros == 15, bytes[15] == 1 { return .loopback }
        // Mapped (RFC 4291), compatible, translated (RFC 6052) and 6to4 (RFC 3056): what they lead to counts.
        if zeros == 10, bytes[10] == 0xFF, bytes[11] == 0xFF { return range(ofIPv4: Array(bytes[12...])) }
        if zeros >= 12 { return zeros == 16 ? .reserved : range(ofIPv4: Array(bytes[12...])) }
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B]) { return range(ofIPv4: Array(bytes[12...])) }
        if bytes.starts(with: [0x20, 0x02]) { return range(ofIPv4: Array(bytes[2...5])) }
        // fd00:ec2::254 and its neighbours.
        if bytes.starts(with: [0xFD, 0, 0x0E, 0xC2]) { return .reserved }
        switch (bytes[0], bytes[1]) {
        case (0xFE, 0x80...0xBF): return .linkLocal
        case (0xFE, 0xC0...0xFF), (0xFC...0xFD, _): return .private
        case (0xFF, _): return .reserved
        default: return .global
        }
    }
}
