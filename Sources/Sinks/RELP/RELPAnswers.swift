// SPDX-License-Identifier: Apache-2.0

/// What the receiver says, cut into frames: `NUMBER COMMAND LENGTH[ DATA]` and a newline.
struct RELPAnswers {
    /// One frame.
    struct Frame: Equatable {
        let number: UInt64
        let command: String
        let data: [UInt8]

        /// The code of an answer to a command.
        var code: Int? {
            guard data.count >= 3 else { return nil }
            return RELPAnswers.decimal(data[..<3]).map { Int($0) }
        }

        /// What the answer says beside its code.
        var text: String {
            let text = data.dropFirst(3).prefix(200).map { (0x20...0x7E).contains($0) ? $0 : 0x20 }
            return String(decoding: text.drop { $0 == 0x20 }, as: UTF8.self)
        }
    }

    /// What came is no frame of RELP.
    struct Malformed: Error, Equatable {}

    private static let longestData = 65_536
    private var bytes: [UInt8] = []
    private var start = 0

    mutating func append(_ more: [UInt8]) {
        bytes.removeSubrange(..<start)
        start = 0
        bytes += more
    }

    /// The next frame; nil if it is not there yet.
    mutating func next() throws(Malformed) -> Frame? {
        var place = start
        guard let (number, afterNumber) = try word(from: place, at: 9), afterNumber < bytes.count else {
            return nil
        }
        guard let value = Self.decimal(number), bytes[afterNumber] == 0x20 else { throw Malformed() }
        place = afterNumber + 1
        guard let (command, afterCommand) = try word(from: place, at: 32), afterCommand < bytes.count else {
            return nil
        }
        guard !command.isEmpty, command.allSatisfy({ (0x61...0x7A).contains($0) }),
            bytes[afterCommand] == 0x20
        else { throw Malformed() }
        place = afterCommand + 1
        guard let (length, afterLength) = try word(from: place, at: 9), afterLength < bytes.count else {
            return nil
        }
        guard let count = Self.decimal(length), count <= Self.longestData else { throw Malformed() }
        // Without data the blank before them may be there or not.
        var end = afterLength
        if bytes[end] == 0x20 { end += 1 } else if count > 0 { throw Malformed() }
        let data = end
        end += Int(count)
        guard end < bytes.count else { return nil }
        guard bytes[end] == 0x0A else { throw Malformed() }
        start = end + 1
        return Frame(
            number: value,
            command: String(decoding: command, as: UTF8.self),
            data: Array(bytes[data..<end])
        )
    }

    /// The bytes up to a blank or a newline, and where that is; nil if it is not there yet.
    private func word(from place: Int, at limit: Int) throws(Malformed) -> (ArraySlice<UInt8>, Int)? {
        let end = bytes[place...].prefix(limit + 1).firstIndex { $0 == 0x20 || $0 == 0x0A }
        if let end { return (bytes[place..<end], end) }
        guard bytes.count - place <= limit else { throw Malformed() }
        return nil
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }
}
