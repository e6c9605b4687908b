// SPDX-License-Identifier: Apache-2.0

/// Decodes `trust.images` of a node file.
enum TrustDecoder {
    private static let maximumRules = 100
    private static let maximumPrefixes = 100
    private static let maximumKeys = 16
    private static let fallback = "default"

    static func images(_ field: Field) -> ImageTrust? {
        let entries = field.entries()
        guard entries.count <= maximumRules else {
            field.refuse("more than \(maximumRules) rules", "give a rule several prefixes")
            return nil
        }
        var trust = ImageTrust(fallback: ImageRule(name: fallback))
        var hasFallback = false
        var prefixes: [(String, Field)] = []
        for (name, field) in entries {
            guard Names.resource(name) != nil else {
                field.refuse(
                    "\(Characters.quoted(name)) is not the name of a rule",
                    "use letters, digits, '.', '_' and '-', at most 63 of them"
                )
                continue
            }
            let isFallback = name == fallback
            hasFallback = hasFallback || isFallback
            guard let rule = rule(name, field, isFallback: isFallback, &prefixes) else { continue }
            if isFallback { trust.fallback = rule } else { trust.rules.append(rule) }
        }
        refuseRepeats(prefixes, "has a rule already", "keep one of them")
        if field.isMapping, !hasFallback {
            field.refuse(
                "'default' is missing",
                "add for example 'default: {require: digest}', for images that no prefix covers"
            )
        }
        return trust
    }

    private static func rule(
        _ name: String,
        _ field: Field,
        isFallback: Bool,
        _ prefixes: inout [(String, Field)]
    ) -> ImageRule? {
        guard let fields = Fields(field, isFallback ? .defaultImageRule : .imageRule) else { return nil }
        var rule = ImageRule(name: name)
        if !isFallback,
            let list = fields.required("prefixes", "add for example 'prefixes: [registry.example.net/]'")
        {
            let found = self.prefixes(list)
            rule.prefixes = found.map(\.0)
            prefixes += found.map { (RepositoryPrefixes.normal($0.0), $0.1) }
        }
        let demand = fields["require"].flatMap(requirement)
        rule.needsDigest = demand == .digest
        rule.denies = fields["deny"]?.bool() ?? false
        rule.keys = fields["cosign_key"].map(keys) ?? []
        rule.minimumAge = fields["min_age"].flatMap { $0.minimumAge() }
        signing(fields, &rule)
        check(field, fields, rule, demand)
        return rule
    }

    /// What a rule says together: it must demand something, and nothing that another word takes back.
    private static func check(_ field: Field, _ fields: Fields, _ rule: ImageRule, _ demand: Requirement?) {
        let demands = ["require", "deny", "cosign_key", "min_age"].filter { fields[$0] != nil }
        guard !demands.isEmpty else {
            return field.refuse(
                "the rule demands nothing",
                "add 'require: digest' or 'cosign_key', or say so with 'require: nothing'"
            )
        }
        if rule.denies, demands.count > 1 {
            fields["deny"]?.refuse("no demand is of use beside it", "keep 'deny' alone, or remove it")
        }
        if demand == .nothing, demands.count > 1 {
            fields["require"]?.refuse("'nothing' contradicts \(demands[1])", "keep one of them")
        }
        if let deny = fields["deny"], !rule.denies, demands.count == 1, deny.scalar?.text == "false" {
            deny.refuse("the rule demands nothing", "write 'require: nothing' if that is meant")
        }
    }

    /// The words that go with `cosign_key`.
    private static func signing(_ fields: Fields, _ rule: inout ImageRule) {
        for word in ["threshold", "algorithm", "identity"] where fields["cosign_key"] == nil {
            fields[word]?.refuse("means nothing without 'cosign_key'", "add the key, or remove the word")
        }
        if let field = fields["threshold"], let threshold = field.integer(1...maximumKeys) {
            rule.threshold = threshold
            if !rule.keys.isEmpty, threshold > rule.keys.count {
                field.refuse("more than there are keys", "use at most \(rule.keys.count)")
            }
        }
        let words = ImageRule.algorithms
        rule.algorithm = fields["algorithm"]?.parsed(
            "an algorithm",
            "use \(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
        ) { words.contains($0) ? $0 : nil }
        let identity = fields["identity"]?.parsed("an identity", "use 'any' or 'repository'") {
            ["any", "repository"].contains($0) ? $0 : nil
        }
        rule.bindsRepository = identity == "repository"
    }

    private enum Requirement: String {
        case digest, nothing
    }

    private static func requirement(_ field: Field) -> Requirement? {
        field.parsed(
            "a requirement",
            "use 'digest' or 'nothing'; a signature is required with 'cosign_key'"
        ) { Requirement(rawValue: $0) }
    }

    private static func prefixes(_ field: Field) -> [(String, Field)] {
        let items = field.items()
        guard items.count <= maximumPrefixes else {
            field.refuse("more than \(maximumPrefixes) prefixes", "use shorter ones")
            return []
        }
        if field.isSequence, items.isEmpty { field.refuse("is empty", "add a prefix, or remove the rule") }
        return items.compactMap { item in
            RepositoryPrefixes.read(item).map { ($0, item) }
        }
    }

    private static func keys(_ field: Field) -> [String] {
        let items = field.itemsOrOne()
        guard items.count <= maximumKeys else {
            field.refuse("more than \(maximumKeys) keys", "remove some")
            return []
        }
        if field.isSequence, items.isEmpty { field.refuse("is empty", "add the path of a PEM file") }
        let paths = items.compactMap { item in item.absolutePath().map { ($0, item) } }
        refuseRepeats(paths, "is given twice", "keep one of them")
        return paths.map(\.0)
    }

    private static func refuseRepeats(_ items: [(String, Field)], _ what: String, _ remedy: String) {
        var seen: Set<String> = []
        for (text, field) in items where !seen.insert(text).inserted { field.refuse(what, remedy) }
    }
}
