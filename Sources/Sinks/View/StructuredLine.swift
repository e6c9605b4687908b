// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// What a line says in fields, as the bytes of one JSON object (`logs.parse`).
///
/// A line that is none stays what it is: text.
enum StructuredLine {
    private static let mostPairs = 100

    static func read(_ line: [UInt8], _ format: LogSettings.Format) -> [UInt8]? {
        switch format {
        case .none: nil
        case .json: JSONGrammar.isObject(line) ? oneLine(line) : nil
        case .logfmt: logfmt(line)
        }
    }

    /// A string has no line feeds of its own: what is between values becomes spaces, as some languages end at one.
    private static func oneLine(_ json: [UInt8]) -> [UInt8] {
        json.contains { $0 == 0x0A || $0 == 0x0D } ? json.map { $0 < 0x20 ? 0x20 : $0 } : json
    }

    /// `key=value key="a value" flag`: all values are strings, that of a flag is true.
    private static func logfmt(_ line: [UInt8]) -> [UInt8]? {
        var json = JSONText(capacity: line.count + 64)
        var index = 0, pairs = 0, values = 0
        json.append("{")
        while index < line.count {
            if line[index] <= 0x20 {
                index += 1
                continue
            }
            let start = index
            while index < line.count, line[index] > 0x20, line[index] != UInt8(ascii: "="),
                line[index] != UInt8(ascii: "\"")
            { index += 1 }
            guard index > start, pairs < mostPairs else { return nil }
            if pairs > 0 { json.append(",") }
            json.quote(Array(line[start..<index]))
            json.append(":")
            pairs += 1
            guard index < line.count, line[index] == UInt8(ascii: "=") else {
                guard index == line.count || line[index] <= 0x20 else { return nil }
                json.append("true")
                continue
            }
            index += 1
            values += 1
            guard let value = value(line, &index) else { return nil }
            json.quote(value)
        }
        json.append("}")
        return values > 0 ? json.bytes : nil
    }

    /// A word, or what is between quotation marks; nil if they do not close.
    private static func value(_ line: [UInt8], _ index: inout Int) -> [UInt8]? {
        guard index < line.count, line[index] == UInt8(ascii: "\"") else {
            let start = index
            while index < line.count, line[index] > 0x20 { index += 1 }
            return Array(line[start..<index])
        }
        var value: [UInt8] = []
        index += 1
        while index < line.count {
            let byte = line[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return value }
            guard byte == UInt8(ascii: "\\"), index < line.count else {
                value.append(byte)
                continue
            }
            switch line[index] {
            case UInt8(ascii: "n"): value.append(0x0A)
            case UInt8(ascii: "t"): value.append(0x09)
            case UInt8(ascii: "r"): value.append(0x0D)
            default: value.append(line[index])
            }
            index += 1
        }
        return nil
    }
}
