// SPDX-License-Identifier: Apache-2.0

/// Fields of the journal, in the form that its socket and its export format share.
///
/// A field is `NAME=VALUE` and a newline, or, where the value has bytes that are no text, the name, a newline, the
/// length in 8 bytes, the value and a newline.
package struct JournalEntry {
    /// The fields so far.
    package private(set) var bytes: [UInt8] = []

    /// No fields.
    package init() {}

    /// Appends a field; names are of capital letters, digits and `_`.
    package mutating func put(_ name: String, _ value: String) {
        bytes += name.utf8
        if value.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) {
            bytes.append(UInt8(ascii: "="))
        } else {
            bytes.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }
}
