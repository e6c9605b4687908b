// SPDX-License-Identifier: Apache-2.0

/// Reads an expression: the common ground of grep -E, RE2 and Perl that can be matched in linear time.
struct Parser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false

    private static let deepest = 32
    private static let mostRepeats = 1_000

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> Expression {
        let expression = try alternatives()
        guard position == scalars.count else {
            throw PatternError("')' without '('", "write \\) for the character")
        }
        return expression
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func take() -> Unicode.Scalar? {
        defer { position += 1 }
        return next
    }

    // MARK: Structure

    private mutating func alternatives() throws(PatternError) -> Expression {
        depth += 1
        let outer = ignoresCase
        defer { (depth, ignoresCase) = (depth - 1, outer) }
        guard depth <= Self.deepest else {
            throw PatternError("groups are nested more than \(Self.deepest) deep", "use fewer")
        }
        var all = [try sequence()]
        while take("|") { all.append(try sequence()) }
        return all.count == 1 ? all[0] : .either(all)
    }

    private mutating func sequence() throws(PatternError) -> Expression {
        var items: [Expression] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            guard let item = try atom() else { continue }
            items.append(try quantified(item))
        }
        return items.isEmpty ? .nothing : .sequence(items)
    }

    /// Nil for what only sets a flag.
    private mutating func atom() throws(PatternError) -> Expression? {
        guard let scalar = take() else { return nil }
        switch scalar {
        case "(": return try group()
        case "[": return try bracket()
        case ".": return .byte(ByteSet.newline.inverted)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "\\": return try escape()
        case "*", "+", "?":
            throw PatternError("'\(scalar)' repeats nothing", "write \\\(scalar) for the character")
        default: return literal(scalar)
        }
    }

    private mutating func group() throws(PatternError) -> Expression? {
        let outer = ignoresCase
        if take("?") {
            if next == "=" || next == "!" || next == "<" {
                throw PatternError(
                    "'(?\(next.map(String.init) ?? "")' cannot be matched in linear time",
                    "write it without"
                )
            }
            var isOn = true
            flags: while let flag = take() {
                switch flag {
                case "i": ignoresCase = isOn
                case "s": break  // a line has no newline to be matched by a dot
                case "-": isOn = false
                case ":": break flags
                case ")": return nil
                default: throw PatternError("'(?\(flag)' is not known", "use (?i), (?i:...) or (?:...)")
                }
            }
        }
        let inner = try alternatives()
        guard take(")") else { throw PatternError("'(' without ')'", "write \\( for the character") }
        ignoresCase = outer
        return inner
    }

    private mutating func quantified(_ atom: Expression) throws(PatternError) -> Expression {
        var result = atom
        while let scalar = next {
            let bounds: (Int, Int?)
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                let before = position
                position += 1
                guard let found = try braces() else {
                    position = before  // as everywhere, a brace that bounds nothing is itself
                    return result
                }
                bounds = found
                position -= 1
            default: return result
            }
            position += 1
            let isGreedy = !take("?")
            if next == "+" {
                throw PatternError("possessive repeats are not known", "remove the second '+'")
            }
            if case .repeated = result {
                throw PatternError("a repeat of a repeat", "put the first in a group")
            }
            result = .repeated(result, least: bounds.0, most: bounds.1, isGreedy: isGreedy)
        }
        return result
    }

    /// `{2}`, `{2,}` or `{2,5}` behind its brace; nil if it is none of them.
    private mutating func braces() throws(PatternError) -> (Int, Int?)? {
        guard let least = number() else { return nil }
        var most: Int? = least
        if take(",") {
            if next == "}" { most = nil } else if let found = number() { most = found } else { return nil }
        }
        guard take("}") else { return nil }
        guard max(least, most ?? 0) <= Self.mostRepeats else {
            throw PatternError("more than \(Self.mostRepeats) repeats", "use fewer, or '*'")
        }
        if let most, most < least {
            throw PatternError("{\(least),\(most)} ends before it begins", "swap them")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next?.value, (48...57).contains(digit) {
            value = min(1_000_000, (value ?? 0) * 10 + Int(digit - 48))
            position += 1
        }
        return value
    }

    // MARK: Characters

    private func literal(_ scalar: Unicode.Scalar) -> Expression {
        if scalar.isASCII { return .byte(cased(ByteSet([UInt8(scalar.value)]))) }
        return .text(String(scalar).utf8)
    }

    private func cased(_ set: ByteSet) -> ByteSet { ignoresCase ? set.withBothCases : set }

    private mutating func escape() throws(PatternError) -> Expression {
        switch next {
        case "b": position += 1; return .assertion(.wordBoundary)
        case "B": position += 1; return .assertion(.noWordBoundary)
        case "A": position += 1; return .assertion(.lineStart)
        case "z", "Z": position += 1; return .assertion(.lineEnd)
        default: return .byte(cased(try escapedSet()))
        }
    }

    /// What an escape stands for, inside brackets and outside.
    private mutating func escapedSet() throws(PatternError) -> ByteSet {
        guard let scalar = take() else {
            throw PatternError("ends with a backslash", "write \\\\ for the character")
        }
        switch scalar {
        case "d": return .digits
        case "D": return ByteSet.digits.inverted
        case "w": return .word
        case "W": return ByteSet.word.inverted
        case "s": return .space
        case "S": return ByteSet.space.inverted
        case "t": return ByteSet("\t".utf8)
        case "n": return .newline
        case "r": return ByteSet("\r".utf8)
        case "f": return ByteSet("\u{0c}".utf8)
        case "v": return ByteSet("\u{0b}".utf8)
        case "e": return ByteSet("\u{1b}".utf8)
        case "x":
            guard position + 2 <= scalars.count,
                let byte = UInt8(
                    String(String.UnicodeScalarView(scalars[position..<position + 2])),
                    radix: 16
                )
            else { throw PatternError("'\\x' without two digits", "write for example \\x1b") }
            position += 2
            return ByteSet([byte])
        case "1"..."9":
            throw PatternError(
                "'\\\(scalar)' cannot be matched in linear time",
                "write it without back-references"
            )
        default:
            guard scalar.isASCII, !ByteSet.word.contains(UInt8(scalar.value)) || scalar == "_" else {
                throw PatternError("'\\\(scalar)' is not known")
            }
            return ByteSet([UInt8(scalar.value)])
        }
    }

    // MARK: Brackets

    private mutating func bracket() throws(PatternError) -> Expression {
        let isInverted = take("^")
        var set = ByteSet()
        var longer: [Expression] = []
        var isFirst = true
        while true {
            guard let scalar = take() else {
                throw PatternError("'[' without ']'", "write \\[ for the character")
            }
            if scalar == "]", !isFirst { break }
            isFirst = false
            if scalar == "[", next == ":" {
                set = set.union(try named())
                continue
            }
            guard scalar.isASCII else {
                guard !isInverted, next != "-" else {
                    throw PatternError("'\(scalar)' cannot stand in these brackets", "use ASCII there")
                }
                longer.append(.text(String(scalar).utf8))
                continue
            }
            let low = scalar == "\\" ? try escapedSet() : ByteSet([UInt8(scalar.value)])
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set = set.union(low)
                continue
            }
            position += 1
            set = set.union(try range(from: low))
        }
        if isInverted {
            let found = cased(set).union(.newline)
            return .byte(found.inverted)
        }
        if longer.isEmpty { return .byte(cased(set)) }
        return .either([.byte(cased(set))] + longer)
    }

    private mutating func range(from low: ByteSet) throws(PatternError) -> ByteSet {
        guard let scalar = take(), scalar.isASCII else {
            throw PatternError("a range in brackets has no end", "use ASCII there")
        }
        let high = scalar == "\\" ? try escapedSet() : ByteSet([UInt8(scalar.value)])
        guard let first = low.only, let last = high.only, first <= last else {
            throw PatternError("a range in brackets ends before it begins", "write for example [a-z]")
        }
        return ByteSet(first...last)
    }

    /// `[:alpha:]` behind its bracket.
    private mutating func named() throws(PatternError) -> ByteSet {
        position += 1
        var name = ""
        while let scalar = take(), scalar != ":" { name.unicodeScalars.append(scalar) }
        guard take("]") else { throw PatternError("'[:' without ':]'") }
        switch name {
        case "alpha": return ByteSet.lower.union(.upper)
        case "digit": return .digits
        case "alnum": return ByteSet.lower.union(.upper).union(.digits)
        case "lower": return .lower
        case "upper": return .upper
        case "space": return .space
        case "blank": return ByteSet(" \t".utf8)
        case "punct":
            return ByteSet(
                (UInt8(0x21)...0x7e).filter { !ByteSet.word.contains($0) || $0 == UInt8(ascii: "_") }
            )
        case "print": return ByteSet(UInt8(0x20)...0x7e)
        case "graph": return ByteSet(UInt8(0x21)...0x7e)
        case "cntrl": return ByteSet(UInt8(0)...0x1f).union(ByteSet([0x7f]))
        case "xdigit": return ByteSet.digits.union(ByteSet("abcdefABCDEF".utf8))
        default: throw PatternError("'[:\(name):]' is not known", "use for example [:alpha:]")
        }
    }
}

extension ByteSet {
    /// The byte of a set that has one.
    fileprivate var only: UInt8? {
        let all = (UInt8.min...UInt8.max).filter(contains)
        return all.count == 1 ? all[0] : nil
    }
}
