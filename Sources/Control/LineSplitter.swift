// SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into lines, however it arrives; empty lines are passed over.
struct LineSplitter {
    private let limit: Int
    private var bytes: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where there is no newline.
    private var searched = 0

    /// A line longer than `limit` is refused.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
        } else {
            bytes.removeSubrange(..<start)
            bytes += more
        }
        searched -= start
        start = 0
    }

    /// The next whole line without its end; nil if it is not there yet.
    mutating func next() throws(ControlError) -> [UInt8]? {
        while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<end]
            guard line.count <= limit else { throw tooLong }
            (start, searched) = (end + 1, end + 1)
            if !line.isEmpty { return Array(line) }
        }
        searched = bytes.count
        guard searched - start <= limit else { throw tooLong }
        return nil
    }

    /// All whole lines that are there, with their ends; nil if there are none yet.
    mutating func lines() throws(ControlError) -> [UInt8]? {
        guard let end = bytes[searched...].lastIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            guard searched - start <= limit else { throw tooLong }
            return nil
        }
        defer { (start, searched) = (end + 1, bytes.count) }
        return start == 0 && end + 1 == bytes.count ? bytes : Array(bytes[start...end])
    }

    /// What follows the last newline, once the stream has ended.
    mutating func rest() throws(ControlError) -> [UInt8]? {
        defer { (start, searched) = (bytes.count, bytes.count) }
        return start == bytes.count ? nil : Array(bytes[start...])
    }

    private var tooLong: ControlError {
        ControlError(.failed, "agent", "a line of its answer is longer than \(limit) bytes")
    }
}
