// SPDX-License-Identifier: Apache-2.0

/// Reads a file of variables in the format `raw`: `NAME=value` lines that are taken as they are.
enum RawVariables {
    /// The variables in their order; one without a value is there only if `lookup` knows it.
    static func parse(
        _ bytes: [UInt8],
        lookup: (String) -> String?
    ) throws(Dotenv.Failure) -> [Dotenv.Variable] {
        var result: [Dotenv.Variable] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let ended = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let text = ended.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let name = String(decoding: text.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard Names.variable(name) != nil else {
                throw Dotenv.Failure(
                    line: index + 1,
                    what: "\(Characters.quoted(name)) is not the name of a variable",
                    remedy: "write NAME=value, without blanks or 'export'"
                )
            }
            let value = text.dropFirst(name.utf8.count + 1)
            let isSet = text.count > name.utf8.count
            guard let value = isSet ? String(decoding: value, as: UTF8.self) : lookup(name) else { continue }
            result.append(Dotenv.Variable(name: name, value: value, line: index + 1))
        }
        return result
    }
}
