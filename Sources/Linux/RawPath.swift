// SPDX-License-Identifier: Apache-2.0

/// A path or a file name as the kernel sees it: bytes without NUL, in no particular encoding.
public struct RawPath: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The bytes, without the ending NUL.
    public let bytes: [UInt8]

    /// Takes bytes; nil if one of them is NUL.
    public init?(bytes: some Collection<UInt8>) {
        guard !bytes.contains(0) else { return nil }
        self.bytes = Array(bytes)
    }

    /// Takes a text; nil if it holds a NUL.
    public init?(_ text: String) { self.init(bytes: text.utf8) }

    /// Takes a text of our own; a NUL ends it.
    public init(stringLiteral text: String) { bytes = Array(text.utf8.prefix { $0 != 0 }) }

    /// The text, with bytes that are not UTF-8 replaced.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Gives the bytes, ended by NUL, to a call.
    public func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) {
            buffer throws(Failure) in
            for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            buffer[bytes.count] = 0
            guard let start = buffer.baseAddress else {
                preconditionFailure("an allocation of one byte or more")
            }
            return try body(UnsafePointer(start))
        }
    }
}
