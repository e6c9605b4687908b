// SPDX-License-Identifier: Apache-2.0

/// The words of a command line that cannot be used.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A command line, sorted into options and words: `--name value`, `--name=value`, `-n value`.
struct Options {
    /// An option that a verb takes.
    struct Option {
        let names: [String]
        let takesValue: Bool

        /// An option without a value.
        static func flag(_ names: String...) -> Option { Option(names: names, takesValue: false) }
        /// An option with a value.
        static func value(_ names: String...) -> Option { Option(names: names, takesValue: true) }
    }

    private var flags: Set<String> = []
    private var values: [String: [String]] = [:]
    /// The words that are no options.
    private(set) var words: [String] = []

    /// Sorts `arguments`; after `firstWords` words everything is a word, for these may have options of their own.
    init(_ arguments: some Collection<String>, _ known: [Option], firstWords: Int = .max) throws(UsageError) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                words += rest
                return
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                words.append(argument)
                if words.count >= firstWords {
                    words += rest
                    return
                }
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].drop { $0 == "-" })
            guard let option = known.first(where: { $0.names.contains(name) }) else {
                let names = known.compactMap(\.names.first).map { "--\($0)" }.joined(separator: " ")
                throw UsageError("\(argument): unknown option: known are \(names.isEmpty ? "none" : names)")
            }
            let key = option.names[0]
            if !option.takesValue {
                guard parts.count == 1 || parts[1] == "true" || parts[1] == "false" else {
                    throw UsageError("\(argument): the option takes no value: remove it")
                }
                if parts.count == 1 || parts[1] == "true" { flags.insert(key) }
            } else if parts.count == 2 {
                values[key, default: []].append(String(parts[1]))
            } else if let value = rest.popFirst() {
                values[key, default: []].append(value)
            } else {
                throw UsageError("\(argument): the option needs a value: write one after it")
            }
        }
    }

    func has(_ name: String) -> Bool { flags.contains(name) }
    subscript(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func number<Number: FixedWidthInteger>(_ name: String) throws(UsageError) -> Number? {
        guard let text = self[name] else { return nil }
        guard let number = Number(text) else {
            throw UsageError("--\(name) \(text): not a number in range: write one")
        }
        return number
    }

    /// A time as Go writes it: `1m30s`, `0.5s`, `100ms`; up to 24 hours.
    func duration(_ name: String) throws(UsageError) -> Duration? {
        guard let text = self[name] else { return nil }
        let units: [Substring: Duration] = [
            "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
        ]
        var (rest, total, day) = (text[...], Duration.zero, Duration.seconds(86_400))
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let count = Double(digits), let one = units[unit], count <= day / one else { break }
            total += one * count
            rest = rest.dropFirst(digits.count + unit.count)
        }
        guard rest.isEmpty, !text.isEmpty, total <= day else {
            throw UsageError("--\(name) \(text): not a time of at most 24h: write one like 500ms or 5s")
        }
        return total
    }

    /// The only word: a container's id.
    func id() throws(UsageError) -> String {
        guard words.count == 1 else { throw UsageError("\(words.count) words: write one container id") }
        return words[0]
    }
}
