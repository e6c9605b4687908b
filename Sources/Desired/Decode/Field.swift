// SPDX-License-Identifier: Apache-2.0

/// A value of the document on its way into the model: what it is, where it is, and where problems go.
///
/// Each reader returns nil after it has reported why, so that decoding goes on and finds the next problem.
struct Field {
    let tree: Tree
    let path: Path
    let findings: Findings

    /// Reports a problem here.
    func refuse(_ what: String, _ remedy: String = "") {
        findings.add(what, remedy, at: tree.position, path)
    }

    /// Reports that this is of the wrong type.
    func mismatch(_ wanted: String, _ remedy: String = "") {
        refuse("must be \(wanted), is \(tree.kind)", remedy)
    }

    var scalar: Tree.Scalar? {
        if case .scalar(let scalar) = tree.content { scalar } else { nil }
    }

    /// A string; a bare number or truth value is not one.
    func string() -> String? {
        guard let scalar, scalar.type == .string else {
            let isBare = scalar.map { $0.type != .null } ?? false
            mismatch("a string", isBare ? "put it in quotes" : "")
            return nil
        }
        return scalar.text
    }

    /// A string, or a number or truth value that has one spelling only.
    func text() -> String? {
        guard let scalar, scalar.type != .null else {
            mismatch("a string")
            return nil
        }
        guard let text = scalar.canonical else {
            refuse(
                "\(Characters.quoted(scalar.text)) is \(scalar.type.rawValue) whose spelling is lost",
                "put it in quotes"
            )
            return nil
        }
        return text
    }

    /// Reports every value but those that hold anyway.
    func supportOnly(_ values: String...) {
        guard let text = scalar?.text, !values.contains(text) else { return }
        refuse("\(Characters.quoted(text)) is not supported yet", "remove the key")
    }

    /// The words of any scalar that is not empty, whatever its type; for values with a syntax of their own.
    func word() -> String? {
        guard let scalar, scalar.type != .null, scalar.type != .bool else {
            mismatch("a string or a number")
            return nil
        }
        return scalar.text
    }

    func bool() -> Bool? {
        guard let scalar, scalar.type == .bool || scalar.isInterpolated,
            ["true", "false"].contains(scalar.text)
        else {
            mismatch("true or false")
            return nil
        }
        return scalar.text == "true"
    }

    /// A whole number within bounds, quoted or not.
    func integer<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) -> Number? {
        guard let scalar, [.number, .string].contains(scalar.type) else {
            mismatch("a whole number")
            return nil
        }
        let isNegative = scalar.text.hasPrefix("-")
        guard let magnitude = UInt64(digits: isNegative ? scalar.text.dropFirst() : scalar.text[...]),
            let number = Number(isNegative ? "-\(magnitude)" : "\(magnitude)"), range.contains(number)
        else {
            let bounds =
                range.upperBound == .max
                ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            refuse("\(Characters.quoted(scalar.text)) is not a whole number \(bounds)")
            return nil
        }
        return number
    }

    /// A word that `parse` understands, or the problem that it is not `wanted`.
    func parsed<Value>(_ wanted: String, _ remedy: String, _ parse: (String) -> Value?) -> Value? {
        guard let word = word() else { return nil }
        guard let value = parse(word) else {
            refuse("\(Characters.quoted(word)) is not \(wanted)", remedy)
            return nil
        }
        return value
    }

    /// The same for a value that needs no further word.
    func parsed<Value>(_ wanted: String, _ parse: (String) -> Value?) -> Value? {
        parsed(wanted, "", parse)
    }

    func duration() -> Duration? {
        parsed("a duration", "write for example 90s or 1m30s") { Duration(compose: $0) }
    }

    /// For how long a node must have known an image: more than nothing, at most ten years.
    func minimumAge() -> Duration? {
        guard let age = duration() else { return nil }
        guard age > .zero, age <= .seconds(10 * 365 * 86_400) else {
            refuse("must be more than 0 and at most 87600h", "write for example 72h")
            return nil
        }
        return age
    }

    func bytes() -> ByteCount? {
        parsed("a size", "write for example 64m or 1.5G") { ByteCount($0) }
    }

    func address() -> IPAddress? {
        parsed("an IP address") { IPAddress($0) }
    }

    func appName() -> String? {
        parsed("an app name", "use a-z, 0-9, '_' and '-', and begin with a letter or digit", Names.app)
    }

    /// An absolute path without `..`, made plain.
    func absolutePath() -> String? {
        parsed("an absolute path", "start it with '/' and leave out '..'") { FilePlace.absolute($0) }
    }

    /// The items of a list.
    func items() -> [Field] {
        guard case .sequence(let items) = tree.content else {
            mismatch("a list")
            return []
        }
        return items.enumerated().map { item($0, $1) }
    }

    /// The item of a list at an index.
    func item(_ index: Int, _ tree: Tree) -> Field {
        Field(tree: tree, path: .index(path, index), findings: findings)
    }

    /// The items of a list, or one scalar as a list of itself.
    func itemsOrOne() -> [Field] {
        if let scalar, scalar.type != .null { [self] } else { items() }
    }

    /// The strings of a list.
    func strings() -> [String] {
        items().compactMap { $0.string() }
    }

    /// The entries of a mapping whose keys are the user's own.
    func entries() -> [(key: String, field: Field)] {
        guard case .mapping(let entries) = tree.content else {
            mismatch("a mapping")
            return []
        }
        return entries.map { ($0.key, Field(tree: $0.value, path: path / $0.key, findings: findings)) }
    }

    /// Labels by name; one without a value is empty.
    func labels() -> [String: String] {
        var labels: [String: String] = [:]
        for (key, value, field) in pairs() {
            if Characters.hasControl(key) { field.refuse("a control character in the name of a label") }
            labels[key] = value ?? ""
        }
        return labels
    }

    var isMapping: Bool {
        if case .mapping = tree.content { true } else { false }
    }

    var isSequence: Bool {
        if case .sequence = tree.content { true } else { false }
    }

    /// The strings of a mapping; a key without a value comes with nil.
    func pairs() -> [(key: String, value: String?, field: Field)] {
        entries().compactMap { key, field in
            if field.tree.isNull { return (key, nil, field) }
            return field.text().map { (key, $0, field) }
        }
    }
}
