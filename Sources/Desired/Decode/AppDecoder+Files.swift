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

    func secret(_ name: String, _ field: Field) -> Secret? {
        guard let fields = Fields(field, .secret) else { return nil }
        _ = fields["name"]?.string()
        let labels = fields["labels"]?.labels() ?? [:]
        guard let path = fields["file"]?.absolutePath() else { return nil }
        return Secret(name: name, path: path, labels: labels)
    }
}
