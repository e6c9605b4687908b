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
        if let tree = Document.read(yaml, environment: [:], findings) {
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
}
