// SPDX-License-Identifier: Apache-2.0

/// Reads a file of variables in the dialect of Compose: `export`, quotes, escapes, comments, `${}`.
struct Dotenv {
    /// Why a file is refused.
    struct Failure: Error {
        let line: Int
        let what: String
        let remedy: String
    }

    /// A variable, and where it stands.
    struct Variable: Equatable {
        let name: String
        let value: String
        let line: Int
    }

    private let text: [UInt8]
    private let interpolation: Interpolation
    private let lookup: (String) -> String?
    private var index = 0
    private var line = 1

    /// The variables in their order; one without a value is there only if `lookup` knows it.
    ///
    /// `lookup` has the variables that come before those of the file; `unset` is told of every variable that
    /// became empty, and of its line.
    static func parse(
        _ bytes: [UInt8],
        lookup: @escaping (String) -> String?,
        unset: @escaping (String, Int) -> Void
    ) throws(Failure) -> [Variable] {
        var own: [String: String] = [:]
        var result: [Variable] = []
        var growth = 0
        var line = 1
        var dotenv = Dotenv(
            text: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes,
            interpolation: Interpolation(lookup: { lookup($0) ?? own[$0] }, unset: { unset($0, line) }),
            lookup: lookup
        )
        while dotenv.skipToName() {
            line = dotenv.line
            let name = try dotenv.name()
            guard let value = try dotenv.value(of: name) else { continue }
            growth += value.utf8.count
            guard growth <= Budget.bytes else {
                throw Failure(line: line, what: "the values grow beyond 4 MiB", remedy: "shorten them")
            }
            own[name] = value
            result.append(Variable(name: name, value: value, line: line))
        }
        return result
    }

    private init(text: [UInt8], interpolation: Interpolation, lookup: @escaping (String) -> String?) {
        self.text = text
        self.interpolation = interpolation
        self.lookup = lookup
    }

    private var current: UInt8? {
        index < text.count ? text[index] : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        [0x09, 0x0b, 0x0c, 0x0d, 0x20].contains(byte)
    }

    private mutating func skipBlanks() {
        while let byte = current, Dotenv.isBlank(byte) { index += 1 }
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
    }

    private mutating func skipToName() -> Bool {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case UInt8(ascii: "#"): skipLine()
            case _ where Dotenv.isBlank(byte): index += 1
            default: return true
            }
        }
        return false
    }

    private func failure(_ what: String, _ remedy: String) -> Failure {
        Failure(line: line, what: what, remedy: remedy)
    }

    /// The name; what follows it is at `=`, `:`, a line break or the end.
    private mutating func name() throws(Failure) -> String {
        let export = Array("export".utf8)
        if text[index...].starts(with: export), index + 6 < text.count, Dotenv.isBlank(text[index + 6]) {
            index += 6
            skipBlanks()
        }
        let start = index
        while let byte = current, Characters.isAlphanumeric(byte) || "_.-[]".utf8.contains(byte) {
            index += 1
        }
        let name = String(decoding: text[start..<index], as: UTF8.self)
        skipBlanks()
        guard !name.isEmpty else {
            throw failure("a variable without a name", "write NAME=value")
        }
        if let byte = current, !"=:\n".utf8.contains(byte) {
            throw failure(
                "after \(Characters.quoted(name)) comes neither '=' nor the end of the line",
                "write \(name)=value, or '#' before a comment"
            )
        }
        return name
    }

    private mutating func value(of name: String) throws(Failure) -> String? {
        guard let separator = current, separator != UInt8(ascii: "\n") else { return lookup(name) }
        index += 1
        skipBlanks()
        switch current {
        case UInt8(ascii: "\""):
            let inner = try quoted(UInt8(ascii: "\""))
            return try completed(DotenvEscapes.resolve(inner))
        case UInt8(ascii: "'"):
            return try quoted(UInt8(ascii: "'")).replacing("\\'", with: "'")
        default: return try completed(bare())
        }
    }

    private func completed(_ text: String) throws(Failure) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        do {
            return try interpolation(text)
        } catch {
            throw failure(error.what, error.remedy)
        }
    }

    /// To the end of the line or to a comment, which begins after a blank.
    private mutating func bare() -> String {
        let start = index
        skipLine()
        var end = index
        if let hash = text[start..<end].indices.first(where: {
            text[$0] == UInt8(ascii: "#") && $0 > start && text[$0 - 1] == UInt8(ascii: " ")
        }) {
            end = hash
        }
        while end > start, Dotenv.isBlank(text[end - 1]) { end -= 1 }
        return String(decoding: text[start..<end], as: UTF8.self)
    }

    /// What is between the quotes, which may be lines apart; a backslash before a quote takes its meaning.
    private mutating func quoted(_ quote: UInt8) throws(Failure) -> String {
        let first = line
        index += 1
        let start = index
        var lines = 0
        while let byte = current, byte != quote {
            if byte == UInt8(ascii: "\n") { lines += 1 }
            index += byte == UInt8(ascii: "\\") && index + 1 < text.count && text[index + 1] != 0x0a ? 2 : 1
        }
        guard index < text.count else {
            throw Failure(line: first, what: "a quote is left open", remedy: "close it")
        }
        let inner = String(decoding: text[start..<index], as: UTF8.self)
        index += 1
        skipBlanks()
        if let byte = current, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "#") {
            throw failure("text after the closing quote", "put all of the value into the quotes")
        }
        line += lines
        return inner
    }
}
