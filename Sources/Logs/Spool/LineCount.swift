// SPDX-License-Identifier: Apache-2.0

/// A number of lines and of their bytes, newlines not counted.
public struct LineCount: Equatable, Sendable {
    /// Lines that were completed.
    public var lines: UInt64
    /// The bytes of lines and of parts of lines.
    public var bytes: UInt64

    /// A number of lines and bytes, none by default.
    public init(lines: UInt64 = 0, bytes: UInt64 = 0) {
        self.lines = lines
        self.bytes = bytes
    }

    /// Whether there is nothing to count.
    public var isZero: Bool { lines == 0 && bytes == 0 }

    static func + (a: LineCount, b: LineCount) -> LineCount {
        LineCount(lines: a.lines &+ b.lines, bytes: a.bytes &+ b.bytes)
    }

    /// What `self` has more than `other`; never negative.
    func beyond(_ other: LineCount) -> LineCount {
        LineCount(
            lines: lines > other.lines ? lines - other.lines : 0,
            bytes: bytes > other.bytes ? bytes - other.bytes : 0
        )
    }
}
