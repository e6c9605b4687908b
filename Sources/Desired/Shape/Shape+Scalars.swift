// SPDX-License-Identifier: Apache-2.0

extension Shape {
    /// Ours, or nobody's: passed on as it is.
    static let anything = Shape { field, _ in field.tree }

    /// A string.
    static let string = Shape { field, _ in
        field.string().map { field.tree.replacing(.string($0)) }
    }

    /// A string that `isFine` knows.
    ///
    /// Where `orEmpty` is set, the empty string, which a variable without a value leaves, is as good as none.
    static func string(
        _ wanted: String,
        _ remedy: String = "",
        orEmpty: Bool = false,
        _ isFine: @escaping @Sendable (String) -> Bool
    ) -> Shape {
        Shape { field, _ in
            guard let text = field.string() else { return nil }
            guard isFine(text) || (orEmpty && text.isEmpty) else {
                field.refuse("\(Characters.quoted(text)) is not \(wanted)", remedy)
                return nil
            }
            return field.tree.replacing(.string(text))
        }
    }

    /// A string, or a number or truth value with one spelling, as a string.
    static let text = Shape { field, _ in
        field.text().map { field.tree.replacing(.string($0)) }
    }

    /// A string or a truth value, as a string.
    static let stringOrBool = Shape { field, normaliser in
        guard field.scalar?.type == .bool else { return string.long(field, normaliser) }
        return text.long(field, normaliser)
    }

    /// A string, or a number with one spelling, as a string.
    static let stringOrNumber = Shape { field, normaliser in
        guard field.scalar?.type == .number else { return string.long(field, normaliser) }
        return text.long(field, normaliser)
    }

    /// The same; empty means the empty string.
    static let stringOrNumberOrEmpty = Shape { field, normaliser in
        field.tree.isNull
            ? field.tree.replacing(.string("")) : stringOrNumber.long(field, normaliser)
    }

    /// One of some words.
    static func oneOf(_ wanted: String, _ words: String...) -> Shape {
        string(wanted, "use \(list(words))") { words.contains($0) }
    }

    /// True or false, as a truth value or as a word: also those of YAML 1.1, which nobody means otherwise here.
    static let bool = Shape { field, _ in
        let word = field.scalar.flatMap { [.bool, .string].contains($0.type) ? $0.text.lowercased() : nil }
        switch word {
        case "true", "yes", "on", "y": return field.tree.replacing(.plain("true"))
        case "false", "no", "off", "n": return field.tree.replacing(.plain("false"))
        default:
            field.mismatch("true or false")
            return nil
        }
    }

    /// A whole number, quoted or not.
    static func integer(_ range: ClosedRange<Int64> = 0...Int64.max) -> Shape {
        Shape { field, _ in
            field.integer(range).map { field.tree.replacing(.plain("\($0)")) }
        }
    }

    /// A number from 0 to 1, quoted or not.
    static let ratio = Shape { field, _ in
        field.parsed("a number from 0 to 1", "write for example 0.3") { text -> CPUCount? in
            CPUCount(text).flatMap { $0.nanos <= 1_000_000_000 ? $0 : nil }
        }.map { field.tree.replacing(.plain($0.printed)) }
    }

    /// An amount of processor time, such as `0.5` (services.md, "cpus").
    static let processors = Shape { field, _ in
        field.parsed("a number of processors", "write for example 1.5") { CPUCount($0) }
            .map { field.tree.replacing(.plain($0.printed)) }
    }

    /// A duration (11-extension.md, "Specifying durations"), spelled as `1m30s`.
    static let duration = Shape { field, _ in
        field.duration().map { field.tree.replacing(.string($0.printed)) }
    }.zero("0s")

    /// A duration in microseconds, as their number or with a unit (05-services.md, "cpu_rt_period").
    static let microseconds = Shape { field, normaliser in
        guard let text = field.scalar?.text, UInt64(digits: text) == nil else {
            return Shape.integer().long(field, normaliser)
        }
        return field.duration().map { field.tree.replacing(.plain("\($0.nanosecondCount / 1_000)")) }
    }

    /// A size (11-extension.md, "Specifying byte values"), spelled as a string of digits.
    static let size = Shape { field, _ in
        field.bytes().map { field.tree.replacing(.string("\($0)")) }
    }.zero("0")

    /// A size as a string, as everywhere in `deploy`.
    static let quotedSize = Shape { field, normaliser in
        field.string() == nil ? nil : size.long(field, normaliser)
    }.zero("0")

    /// A size, or -1 for no limit.
    static let sizeOrUnlimited = Shape { field, normaliser in
        field.scalar?.text == "-1"
            ? field.tree.replacing(.string("-1")) : size.long(field, normaliser)
    }.zero("0")

    /// Permission bits in octal, spelled as `"0440"`.
    static let mode = Shape { field, _ in
        Permissions.read(field).map {
            field.tree.replacing(.string("0" + String($0, radix: 8)))
        }
    }

    /// Permission bits in octal, spelled as a decimal number.
    static let decimalMode = Shape { field, _ in
        Permissions.read(field).map { field.tree.replacing(.plain("\($0)")) }
    }

    /// A path of the host, made absolute.
    static let path = Shape { field, normaliser in
        field.string().flatMap { normaliser.path($0, field) }.map { field.tree.replacing(.string($0)) }
    }

    /// A command: a list, or a line that is split as a shell does; null keeps that of the image.
    static let command = Shape { field, normaliser in
        if field.tree.isNull { return field.tree }
        guard field.scalar != nil else { return Shape.list(.string).long(field, normaliser) }
        guard let line = field.string() else { return nil }
        do throws(ShellWords.Fault) {
            let position = field.tree.position
            let words = try ShellWords.split(line)
            return field.tree.replacing(.sequence(words.map { .string($0, at: position) }))
        } catch {
            // A variable that could not be put in has been reported, and is still written out.
            if field.findings.hasProblem(within: field.path) { return nil }
            switch error {
            case .open: field.refuse("a quote is left open", "close it, or write a list")
            case .shell(let character):
                field.refuse(
                    "\(Characters.quoted(String(character))) is for a shell, and none reads this line",
                    "put it in quotes, or write [sh, -c, LINE]"
                )
            }
            return nil
        }
    }

    /// Words as a sentence lists them.
    static func list(_ words: [String]) -> String {
        words.count < 2
            ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }
}
