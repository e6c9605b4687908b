// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// One record inside a block's body.
struct RecordSlice: Equatable {
    var bytes: Range<Int>
    var flags: UInt8

    var isUnterminated: Bool { flags & UInt8(MARTLET_LOG_UNTERMINATED) != 0 }
    var isCut: Bool { flags & UInt8(MARTLET_LOG_CUT) != 0 }

    /// The record at `offset` of a body, or nil when there is none that is whole.
    init?(_ body: borrowing [UInt8], at offset: Int) {
        var position = offset, length = 0, shift = 0
        while true {
            guard position < body.count, shift <= 21 else { return nil }
            let byte = body[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            shift += 7
            if byte & 0x80 == 0 { break }
        }
        guard position < body.count, body.count - position - 1 >= length else { return nil }
        flags = body[position]
        bytes = position + 1..<position + 1 + length
    }
}
