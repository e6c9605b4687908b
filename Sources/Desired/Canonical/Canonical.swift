// SPDX-License-Identifier: Apache-2.0

/// A JSON value with one spelling: sorted keys, no spaces, no fractions, no null members.
indirect enum Canonical {
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([Canonical])
    case object([String: Canonical?])

    /// The JSON text.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .string(let value): Canonical.write(value, to: &text)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                item.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            var isFirst = true
            // By code unit, not by locale or Unicode equivalence, so that every implementation agrees.
            // Most members are left out, and sorting is what takes time.
            let present = members.compactMap { key, value in value.map { (key: key, value: $0) } }
            for (key, value) in present.sorted(by: { Canonical.precedes($0.key, $1.key) }) {
                if !isFirst { text += "," }
                isFirst = false
                Canonical.write(key, to: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func precedes(_ one: String, _ other: String) -> Bool {
        let isLess = one.utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { one.lexicographicallyPrecedes($0) }
        }
        return (isLess ?? nil) ?? one.utf8.lexicographicallyPrecedes(other.utf8)
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        defer { text += "\"" }
        // Most have nothing to be escaped.
        let isPlain = string.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }
        guard !isPlain else { return text += string }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            default:
                if scalar.value < 0x20 {
                    let hex = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
    }
}

extension Canonical {
    /// A list of strings, or nothing if it is empty.
    static func strings(_ values: [String]) -> Canonical? {
        values.isEmpty ? nil : .array(values.map { .string($0) })
    }

    /// A list, or nothing if it is empty.
    static func list<Value>(_ values: [Value], _ each: (Value) -> Canonical) -> Canonical? {
        values.isEmpty ? nil : .array(values.map(each))
    }

    /// A mapping of strings, or nothing if it is empty.
    static func map(_ values: [String: String]) -> Canonical? {
        values.isEmpty ? nil : .object(values.mapValues { .string($0) })
    }

    /// A truth value, or nothing if it has its default.
    static func flag(_ value: Bool, unless usual: Bool = false) -> Canonical? {
        value == usual ? nil : .bool(value)
    }

    /// A string, or nothing.
    static func text(_ value: String?) -> Canonical? {
        value.map { .string($0) }
    }

    /// A whole number, or nothing.
    static func number(_ value: (some BinaryInteger)?) -> Canonical? {
        value.map { .integer(Int64($0)) }
    }

    /// A duration in nanoseconds, or nothing.
    static func duration(_ value: Duration?) -> Canonical? {
        value.map { .integer($0.nanosecondCount) }
    }
}
