// SPDX-License-Identifier: Apache-2.0

/// A value and where in its document it stands, so that every complaint names the member.
///
/// Members that nobody asks for are ignored, and an optional one that is `null` counts as absent: Go writes
/// that for an empty list.
public struct JSONCursor: Sendable {
    /// The way to a value, from the inside out.
    private indirect enum Path: Sendable {
        case document(String)
        case member(Path, String)
        case index(Path, Int)
    }

    /// The value.
    public let value: JSON
    private let path: Path

    private init(_ value: JSON, _ path: Path) {
        self.value = value
        self.path = path
    }

    /// The whole of a document, called `document` in messages.
    public init(_ value: JSON, document: String) {
        self.init(value, .document(document))
    }

    /// Reads a document.
    public init(parsing bytes: [UInt8], document: String) throws(ConfigError) {
        do throws(JSON.SyntaxError) {
            self.init(try JSON(parsing: bytes), document: document)
        } catch {
            throw ConfigError(document: document, error)
        }
    }

    // MARK: Members

    /// The member of an object; nil if it is absent or `null`.
    public subscript(key: String) -> JSONCursor? {
        get throws(ConfigError) {
            guard case .object = value else { throw unexpected("an object") }
            guard let member = value[key], member != .null else { return nil }
            return JSONCursor(member, .member(path, key))
        }
    }

    /// The member of an object, which must be there; `what` it is, with its article, is told if not.
    public func required(_ key: String, _ what: String) throws(ConfigError) -> JSONCursor {
        guard let member = try self[key] else {
            throw JSONCursor(.null, .member(path, key)).refused("it is missing: write \(what)")
        }
        return member
    }

    // MARK: Plain values

    /// A boolean.
    public func bool() throws(ConfigError) -> Bool {
        guard case .bool(let value) = value else { throw unexpected("a boolean") }
        return value
    }

    /// An integer within the range of `Value`, or within `range`.
    public func integer<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self,
        in range: ClosedRange<Value> = .min ... .max
    ) throws(ConfigError) -> Value {
        guard case .number(let number) = value else { throw unexpected("a number") }
        let exact: Value?
        switch number {
        case .integer(let value): exact = Value(exactly: value)
        case .natural(let value): exact = Value(exactly: value)
        case .real: exact = nil
        }
        guard let exact, range.contains(exact) else {
            let allowed = "an integer from \(range.lowerBound) to \(range.upperBound)"
            throw refused("\(value.text()) is not allowed: write \(allowed)")
        }
        return exact
    }

    /// A user or group id; 4294967295 stands for "leave as it is" in the kernel's calls and is none.
    public func id() throws(ConfigError) -> UInt32 {
        try integer(in: 0...UInt32.max - 1)
    }

    /// Any string, NUL included: one that is only passed on.
    public func opaque() throws(ConfigError) -> String {
        guard case .string(let text) = value else { throw unexpected("a string") }
        return text
    }

    /// A string without NUL, where the kernel would see it end.
    public func string() throws(ConfigError) -> String {
        let text = try opaque()
        guard !text.utf8.contains(0) else { throw refused("a NUL character in a string: remove it") }
        return text
    }

    /// A string without NUL; an empty one counts as absent, as writers in Go have it.
    public func filled() throws(ConfigError) -> String? {
        let text = try string()
        return text.isEmpty ? nil : text
    }

    /// A path that begins with `/`.
    public func absolutePath() throws(ConfigError) -> String {
        let text = try string()
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw refused("\(quoted(text)) is not absolute: write a path that begins with /")
        }
        return text
    }

    /// One of the words of `Choice`.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type = Choice.self
    ) throws(ConfigError) -> Choice {
        let text = try string()
        // The same number of bytes: equality of strings alone would take a KELVIN SIGN for a K.
        guard let choice = Choice(rawValue: text), choice.rawValue.utf8.count == text.utf8.count else {
            throw unknown(text, Choice.allCases.map(\.rawValue))
        }
        return choice
    }

    /// One of these ASCII words.
    func choice(of words: [String]) throws(ConfigError) -> String {
        let text = try string()
        guard words.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else { throw unknown(text, words) }
        return text
    }

    // MARK: Lists and tables

    /// A list, each element made by `make`.
    public func list<Element>(
        _ make: (JSONCursor) throws(ConfigError) -> Element
    ) throws(ConfigError) -> [Element] {
        guard case .array(let elements) = value else { throw unexpected("a list") }
        var list: [Element] = []
        list.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            list.append(try make(JSONCursor(element, .index(path, index))))
        }
        return list
    }

    /// A list of strings without NUL.
    public func strings() throws(ConfigError) -> [String] {
        guard case .array(let elements) = value else { throw unexpected("a list") }
        var list: [String] = []
        list.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            // The usual case without a cursor: a filter names hundreds of calls.
            if case .string(let text) = element, !text.utf8.contains(0) {
                list.append(text)
            } else {
                list.append(try JSONCursor(element, .index(path, index)).string())
            }
        }
        return list
    }

    /// An object whose keys are names that the document chooses, each value made by `make`.
    public func table<Value>(
        _ make: (JSONCursor) throws(ConfigError) -> Value
    ) throws(ConfigError) -> [String: Value] {
        guard case .object(let members) = value else { throw unexpected("an object") }
        var table = [String: Value](minimumCapacity: members.count)
        for member in members {
            let cursor = JSONCursor(member.value, .member(path, member.key))
            guard !member.key.isEmpty, !member.key.utf8.contains(0) else {
                throw cursor.refused("a name that is empty or holds NUL: write another")
            }
            table[member.key] = try make(cursor)
        }
        return table
    }

    /// Refuses a list whose elements' `member` has one of `names` twice.
    public func refuseTwice(_ names: [String], member: String) throws(ConfigError) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            throw JSONCursor(.null, .member(.index(path, index), member))
                .refused("\(quoted(name)) is there twice: remove one")
        }
    }

    // MARK: Errors

    /// The failure that this value is for a reason of its own; the text names the remedy.
    public func refused(_ problem: String) -> ConfigError {
        var (place, path) = ("", path)
        while true {
            switch path {
            case .document(let document):
                return ConfigError(document: document, member: place, problem)
            case .index(let parent, let index):
                place = "[\(index)]\(separator(before: place))\(place)"
                path = parent
            case .member(let parent, let key):
                place = "\(name(key))\(separator(before: place))\(place)"
                path = parent
            }
        }
    }

    /// The failure that a word is none of `known`.
    func unknown(_ word: String, _ known: [String]) -> ConfigError {
        refused("\(quoted(word)) is unknown: write one of \(known.joined(separator: ", "))")
    }

    private func unexpected(_ what: String) -> ConfigError {
        refused("expected \(what), not \(value.kind): write \(what)")
    }

    private func separator(before rest: String) -> String {
        rest.isEmpty || rest.hasPrefix("[") ? "" : "."
    }

    /// A member's name: as it is if it is a plain word, else in brackets.
    private func name(_ key: String) -> String {
        let isPlain =
            !key.isEmpty && key.utf8.count <= 64
            && key.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isPlain ? key : "[\(quoted(key))]"
    }
}
