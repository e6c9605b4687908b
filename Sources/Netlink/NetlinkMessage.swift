// SPDX-License-Identifier: Apache-2.0

/// Builds one request: header, fixed part, attributes; see netlink(7).
///
/// The first attribute that does not fit marks the whole message as oversized, and it cannot be sent.
struct NetlinkMessage {
    static let headerLength = 16
    static let limit = 8_192

    private(set) var bytes: [UInt8]
    private(set) var oversized = false

    init(type: UInt16, flags: UInt16) {
        bytes = []
        bytes.reserveCapacity(256)
        append(UInt32(0))
        append(type)
        append(flags)
        append(UInt32(0))
        append(UInt32(0))
    }

    /// The finished message with its length and sequence number filled in.
    func encoded(sequence: UInt32) -> [UInt8] {
        var message = bytes
        message.replaceSubrange(0..<4, with: Self.native(UInt32(message.count)))
        message.replaceSubrange(8..<12, with: Self.native(sequence))
        return message
    }

    /// Appends an integer in the machine's own byte order, as netlink wants it.
    mutating func append(_ value: some FixedWidthInteger) {
        bytes += Self.native(value)
    }

    mutating func attribute(_ type: UInt16, _ payload: [UInt8]) {
        let length = 4 + payload.count
        guard bytes.count + length + 3 <= Self.limit else {
            oversized = true
            return
        }
        append(UInt16(length))
        append(type)
        bytes += payload
        pad()
    }

    mutating func attribute(_ type: UInt16, _ value: UInt32) { attribute(type, Self.native(value)) }

    /// A string with its terminating zero.
    mutating func attribute(_ type: UInt16, _ text: String) { attribute(type, Array(text.utf8) + [0]) }

    /// An attribute whose payload is whatever `body` appends.
    mutating func nested(_ type: UInt16, _ body: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type)
        body(&self)
        guard bytes.count <= Self.limit else {
            oversized = true
            return
        }
        bytes.replaceSubrange(start..<start + 2, with: Self.native(UInt16(bytes.count - start)))
    }

    /// The fixed part of link requests, `struct ifinfomsg`.
    mutating func linkHeader(index: Int32 = 0, flags: UInt32 = 0, change: UInt32 = 0) {
        append(UInt32(0))  // family, padding, device type
        append(index)
        append(flags)
        append(change)
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    private static func native(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value) { Array($0) }
    }
}
