// SPDX-License-Identifier: Apache-2.0

extension App {
    /// The newest format that is understood.
    public static let newestFormat = 1

    /// Decodes and checks a desired state, without any I/O.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file; JSON is YAML too.
    ///   - file: The file as the user calls it, for the report.
    ///   - directory: The absolute directory that relative paths in the file start from.
    ///   - environment: The variables for interpolation.
    /// - Returns: The app.
    /// - Throws: All problems of the file.
    public static func decode(
        yaml: String,
        file: String,
        directory: String,
        environment: [String: String]
    ) throws(Report) -> App {
        let findings = Findings(file: file)
        let normaliser = Normaliser(findings: findings, directory: directory, environment: environment)
        let project = Document.read(yaml, environment: environment, findings)
            .map { normaliser.finish(normaliser.file($0)) }
        guard let project, case .mapping = project.content,
            let app = AppDecoder(findings: findings).app(
                Field(tree: project, path: .root, findings: findings)
            )
        else {
            try findings.check()
            throw Report([.init(file: file, line: 1, column: 1, path: "", what: "cannot be read")])
        }
        try findings.check()
        return app
    }
}
