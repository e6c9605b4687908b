// SPDX-License-Identifier: Apache-2.0

/// A node of the document after aliases, merge keys and interpolation.
struct Tree: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Tree])
        case mapping([Entry])
    }

    struct Scalar: Sendable {
        var text: String
        /// Written without quotes, so that `1` is a number and `true` a truth value.
        var isPlain: Bool
        /// A variable was put in, so that the text may stand for any type.
        var isInterpolated: Bool
    }

    struct Entry: Sendable {
        let key: String
        let position: Position
        let value: Tree
    }

    /// What a tag says about merging files (Compose Specification, "Merge").
    enum Override: Sendable {
        /// `!reset`: the value of the files before is dropped, and nothing takes its place.
        case reset
        /// `!override`: the value replaces that of the files before instead of being merged.
        case override
    }

    // In the order that leaves no gaps, for there may be many.
    let content: Content
    var override: Override?
    let position: Position

    init(position: Position, content: Content, override: Override? = nil) {
        self.content = content
        self.override = override
        self.position = position
    }

    /// The same place with another content.
    func replacing(_ content: Content) -> Tree {
        Tree(position: position, content: content, override: override)
    }

    /// What it is, for an error message.
    var kind: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar): scalar.type.rawValue
        }
    }

    var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.type == .null } else { false }
    }
}

extension Tree.Scalar {
    /// What the core schema of YAML 1.2 makes of the text.
    enum Kind: String {
        case string = "a string"
        case number = "a number"
        case bool = "true or false"
        case null = "empty"
    }

    var type: Kind {
        guard isPlain, !isInterpolated else { return .string }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "false", "False", "FALSE": return .bool
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .number
        default: return isNumber ? .number : .string
        }
    }

    private var isNumber: Bool {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)]
        where unsigned.hasPrefix(prefix) {
            let digits = unsigned.dropFirst(2).filter { $0 != "_" }
            return !digits.isEmpty
                && digits.allSatisfy { $0.isASCII && $0.hexDigitValue.map { $0 < radix } ?? false }
        }
        guard let first = unsigned.utf8.first, Characters.isDigit(first) || first == UInt8(ascii: "."),
            unsigned.utf8.contains(where: Characters.isDigit),
            unsigned.utf8.allSatisfy({ Characters.isDigit($0) || "._eE+-".utf8.contains($0) })
        else { return false }
        return Double(unsigned.filter { $0 != "_" }) != nil
    }

    /// The text of a number or truth value if it is written the one way that every reader of YAML agrees on:
    /// `1.10`, `0644`, `1_000`, `1e3` and `True` are not, Compose would give the container other text.
    var canonical: String? {
        switch type {
        case .string: return text
        case .null: return nil
        case .bool: return text == "true" || text == "false" ? text : nil
        case .number:
            let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
            let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
            guard let whole = parts.first, UInt64(digits: whole) != nil, unsigned.utf8.count <= 15,
                text != "-0"
            else {
                return nil
            }
            guard parts.count > 1 else { return text }
            let tail = parts[1]
            let isExact = parts.count == 2 && tail.utf8.allSatisfy(Characters.isDigit) && !tail.hasSuffix("0")
            // Below 1e-4 Go writes an exponent.
            return isExact && !tail.isEmpty && !(whole == "0" && tail.hasPrefix("0000")) ? text : nil
        }
    }
}
