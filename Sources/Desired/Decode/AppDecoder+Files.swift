// SPDX-License-Identifier: Apache-2.0

extension AppDecoder {
    /// A config, whose content has been put in by whoever can read files.
    ///
    /// Its own name and that of a secret mean something to a store of such files, and there is none.
    func config(_ name: String, _ field: Field) -> Config? {
        guard let fields = Fields(field, .config) else { return nil }
        _ = fields["name"]?.string()
        let labels = fields["labels"]?.labels() ?? [:]
        guard let content = fields["content"]?.string() else { return nil }
        return Config(name: name, content: content, labels: labels)
    }

    /// A secret, which is a place and never a content.
    func secret(_ name: String, _ field: Field) -> Secret? {
        guard let fields = Fields(field, .secret) else { return nil }
        _ = fields["name"]?.string()
        let labels = fields["labels"]?.labels() ?? [:]
        let own = fields["x-martlet"].flatMap { Fields($0, .secretExtension) }
        let sources =
            ["file", "environment"].compactMap { fields[$0] }
            + ["credential", "command", "age"].compactMap { own?[$0] }
        if let second = sources.dropFirst().first {
            second.refuse("a secret has one source", "keep one of them")
        }
        guard let source = sources.first else {
            if !field.findings.hasProblem(within: field.path) {
                (fields["external"] ?? field).refuse(
                    "not supported yet without a place: a node has no store of secrets",
                    "name where it is: 'file', 'environment', or 'x-martlet: {credential: NAME}'"
                )
            }
            return nil
        }
        return self.source(source).map { Secret(name: name, source: $0, labels: labels) }
    }

    private func source(_ field: Field) -> Secret.Source? {
        guard case .key(_, let kind) = field.path else { return nil }
        switch kind {
        case "file": return field.absolutePath().map { .file($0) }
        case "environment":
            return field.parsed("the name of a variable", "use letters, digits and '_'") {
                Names.variable($0).map { .environment($0) }
            }
        case "credential":
            return field.parsed("the name of a systemd credential", "use letters, digits, '.', '_' and '-'") {
                Names.isCredential($0) ? .credential($0) : nil
            }
        case "command":
            guard field.scalar != nil else {
                field.refuse(
                    "names a command of the node, and is none itself",
                    "write the command under 'secrets.commands' of node.yaml, and its name here"
                )
                return nil
            }
            return field.parsed("the name of a command", "use the one under 'secrets.commands' of node.yaml")
            {
                Names.resource($0).map { .command($0) }
            }
        default: return field.string().map { .age($0) }
        }
    }
}
