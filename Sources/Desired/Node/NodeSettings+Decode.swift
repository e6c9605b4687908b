// SPDX-License-Identifier: Apache-2.0

extension NodeSettings {
    /// Decodes and checks the settings of a node, without any I/O.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file; JSON is YAML too.
    ///   - file: The file as the user calls it, for the report.
    /// - Returns: The settings.
    /// - Throws: All problems of the file.
    public static func decode(yaml: String, file: String) throws(Report) -> NodeSettings {
        let findings = Findings(file: file)
        var settings: NodeSettings?
        if let tree = document(of: yaml, findings) {
            let field = Field(tree: tree, path: .root, findings: findings)
            NodeDecoder.refuseVariables(field)
            settings = NodeDecoder.settings(field)
        }
        try findings.check()
        guard let settings else {
            throw Report([.init(file: file, line: 1, column: 1, path: "", what: "cannot be read")])
        }
        return settings
    }

    private static let maximumBytes = 4 << 20

    /// The one document of a text of at most 4 MiB.
    static func document(of yaml: String, _ findings: Findings) -> Tree? {
        guard yaml.utf8.count <= maximumBytes else {
            findings.add("the file is larger than 4 MiB", "a node has one file of settings", at: .start)
            return nil
        }
        var yaml = yaml
        let content = yaml.withUTF8 { Document.read($0, file: 0, limit: Budget.nodes, findings) }
        guard let documents = content?.documents else { return nil }
        guard let tree = documents.first, documents.count == 1 else {
            let place = documents.dropFirst().first?.position ?? .start
            findings.add(documents.isEmpty ? "the file is empty" : "a second document", at: place)
            return nil
        }
        return tree
    }
}
