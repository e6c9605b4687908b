// SPDX-License-Identifier: Apache-2.0

/// The answer to one request (RFC 9112), piece by piece however its bytes arrive.
///
/// Strict, since only agents answer us: what could be read in two ways is none.
struct AnswerParser {
    enum Piece: Equatable {
        /// The status; interim answers are passed over.
        case head(Int)
        case body([UInt8])
        /// Nothing follows.
        case end
    }

    enum Fault: Error, Equatable {
        /// It is no HTTP, or of no form that we take.
        case malformed(String)
        /// It ended before it was complete.
        case cut
    }

    private enum Stage {
        case status
        case fields
        case counted(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case untilClose
        case over
    }

    /// No head of the agent comes near these.
    private static let maximumLine = 16 << 10
    private static let maximumHead = 64 << 10
    private static let maximumFields = 64
    private static let beginning = Array("HTTP/1.".utf8)

    private var stage = Stage.status
    private var bytes: [UInt8] = []
    /// Where what was not read yet begins.
    private var start = 0
    private var head = 0
    private var fields = 0
    private var status = 0
    private var length: Int?
    private var isChunked = false

    /// Whether all of it was read.
    var isOver: Bool { if case .over = stage { true } else { false } }

    mutating func append(_ more: [UInt8]) {
        if start == bytes.count {
            bytes = more
        } else {
            bytes.removeSubrange(..<start)
            bytes += more
        }
        start = 0
    }

    /// No more bytes come.
    mutating func close() throws(Fault) {
        guard case .untilClose = stage else {
            if !isOver { throw .cut }
            return
        }
        stage = .counted(0)
    }

    /// The next piece; nil if it is not there yet.
    mutating func next() throws(Fault) -> Piece? {
        while true {
            switch stage {
            case .status:
                try refuseOtherProtocol()
                guard let line = try line() else { return nil }
                try readStatus(line)
                stage = .fields
            case .fields:
                guard let line = try line() else { return nil }
                guard line.isEmpty else {
                    try readField(line)
                    continue
                }
                let isInterim = (100...199).contains(status)
                try endHead()
                if !isInterim { return .head(status) }
            case .counted(0): stage = .over
            case .counted(let left):
                guard let body = body(left) else { return nil }
                stage = .counted(left - body.count)
                return .body(body)
            case .untilClose: return body(.max).map(Piece.body)
            case .chunkSize:
                guard let line = try line() else { return nil }
                let size = try Self.size(line)
                stage = size == 0 ? .trailer : .chunk(size)
            case .chunk(let left):
                guard let body = body(left) else { return nil }
                stage = body.count == left ? .chunkEnd : .chunk(left - body.count)
                return .body(body)
            case .chunkEnd:
                guard let line = try line() else { return nil }
                guard line.isEmpty else { throw .malformed("a chunk is longer than it says") }
                head = 0
                stage = .chunkSize
            case .trailer:
                guard let line = try line() else { return nil }
                if line.isEmpty { stage = .counted(0) } else { _ = try split(line) }
            case .over: return .end
            }
        }
    }

    // MARK: Bytes

    /// At most so many of the bytes that are there; nil if there are none.
    private mutating func body(_ limit: Int) -> [UInt8]? {
        let count = min(limit, bytes.count - start)
        guard count > 0 else { return nil }
        defer { start += count }
        return count == bytes.count ? bytes : Array(bytes[start..<start + count])
    }

    /// The next line without its end; nil if it is not whole yet.
    private mutating func line() throws(Fault) -> ArraySlice<UInt8>? {
        let rest = bytes[start...]
        guard let end = rest.prefix(Self.maximumLine).firstIndex(of: UInt8(ascii: "\n")) else {
            guard rest.count < Self.maximumLine else { throw .malformed("a line is too long") }
            return nil
        }
        head += end + 1 - start
        guard head <= Self.maximumHead else { throw .malformed("its head is too long") }
        start = end + 1
        guard end > rest.startIndex, bytes[end - 1] == UInt8(ascii: "\r") else {
            throw .malformed("a line has no carriage return")
        }
        return bytes[rest.startIndex..<end - 1]
    }

    // MARK: The head

    /// Says so before a line is whole: another protocol may wait for us to speak.
    private func refuseOtherProtocol() throws(Fault) {
        for (index, byte) in Self.beginning.enumerated() where start + index < bytes.count {
            guard bytes[start + index] == byte else { throw .malformed("it does not begin with HTTP/1.") }
        }
    }

    /// `HTTP/1.1 200 OK`; the reason may be missing.
    private mutating func readStatus(_ line: ArraySlice<UInt8>) throws(Fault) {
        let text = Array(line)
        let start = Self.beginning.count + 2
        guard text.count >= start + 3, [UInt8(ascii: "0"), UInt8(ascii: "1")].contains(text[start - 2]),
            text[start - 1] == UInt8(ascii: " "),
            text.count == start + 3 || text[start + 3] == UInt8(ascii: " "),
            let number = Self.number(text[start..<start + 3]), (100...599).contains(number), number != 101
        else { throw .malformed("its status is none") }
        status = number
    }

    private mutating func readField(_ line: ArraySlice<UInt8>) throws(Fault) {
        let (name, value) = try split(line)
        switch name {
        case "content-length":
            guard length == nil, let number = Self.number(value[...]) else {
                throw .malformed("its length is none")
            }
            length = number
        case "transfer-encoding":
            guard !isChunked, String(decoding: value, as: UTF8.self).lowercased() == "chunked" else {
                throw .malformed("its encoding is not known")
            }
            isChunked = true
        default: break
        }
    }

    /// A field's name in lower case, and its value.
    private mutating func split(_ line: ArraySlice<UInt8>) throws(Fault) -> (name: String, value: [UInt8]) {
        fields += 1
        guard fields <= Self.maximumFields else { throw .malformed("it has too many fields") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(Self.isToken),
            line[colon...].allSatisfy({ $0 == 9 || $0 >= 0x20 && $0 != 0x7F })
        else { throw .malformed("a field is none") }
        let isSpace: (UInt8) -> Bool = { $0 == 9 || $0 == 0x20 }
        let value = line[(colon + 1)...].drop(while: isSpace)
        let end = value.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? value.startIndex
        return (String(decoding: line[..<colon], as: UTF8.self).lowercased(), Array(value[..<end]))
    }

    /// How the body ends (RFC 9112, section 6.3).
    private mutating func endHead() throws(Fault) {
        head = 0
        fields = 0
        defer { (length, isChunked) = (nil, false) }
        switch (status, length, isChunked) {
        case (_, .some, true): throw .malformed("it has a length and an encoding")
        case (100...199, nil, false): stage = .status
        case (100...199, _, _): throw .malformed("an interim answer has a body")
        case (204, _, _), (304, _, _): stage = .counted(0)
        case (_, _, true): stage = .chunkSize
        case (_, let length?, _): stage = .counted(length)
        case (_, nil, _): stage = .untilClose
        }
    }

    // MARK: Words

    /// The size of a chunk; what an extension says is not for us.
    private static func size(_ line: ArraySlice<UInt8>) throws(Fault) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        guard (1...15).contains(digits.count),
            digits.allSatisfy({ isDigit($0) || (0x61...0x66).contains($0 | 0x20) }),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed("the size of a chunk is none") }
        return size
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...15).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
