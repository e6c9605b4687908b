// SPDX-License-Identifier: Apache-2.0

extension App {
    /// The newest format that is understood.
    public static let newestFormat = 1

    /// Decodes and checks a desired state that is one text, without any I/O.
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
        try Project.load(yaml: yaml, file: file, directory: directory, environment: environment).app()
    }
}
