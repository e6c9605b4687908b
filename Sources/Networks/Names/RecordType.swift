// SPDX-License-Identifier: Apache-2.0

/// Record types that are answered here.
enum RecordType {
    static let a: UInt16 = 1
    static let pointer: UInt16 = 12
    static let aaaa: UInt16 = 28
    static let options: UInt16 = 41
    static let incrementalTransfer: UInt16 = 251
    static let transfer: UInt16 = 252
    static let any: UInt16 = 255
}
