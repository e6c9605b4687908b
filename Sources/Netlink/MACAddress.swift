// SPDX-License-Identifier: Apache-2.0

/// A 48-bit hardware address.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The six bytes.
    public let bytes: [UInt8]

    /// Takes six bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `02:00:00:00:00:01`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// The locally administered address of a container with this IPv4 address: `02:4d` and its four bytes.
    ///
    /// So a network has no two equal ones, and a container that keeps its address keeps this one.
    public init(for address: UInt32) {
        bytes = [0x02, 0x4d] + IPAddress.v4(address).bytes
    }

    /// Lower-case hexadecimal with colons.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
