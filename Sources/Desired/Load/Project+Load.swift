// SPDX-License-Identifier: Apache-2.0

extension Project {
    /// Reads a project from its files.
    ///
    /// - Parameters:
    ///   - files: The Compose files in the order in which they are merged, as the user calls them.
    ///   - directory: The project directory; nil means that of the first file.
    ///   - name: The name that the user gave; nil means `COMPOSE_PROJECT_NAME`, the name that the files give, or
    ///     else that of the directory.
    ///   - environment: The variables for interpolation; those of a `.env` in the directory come after them.
    ///   - profiles: The active profiles, `*` for all; none means those of `COMPOSE_PROFILES`.
    ///   - sources: Access to the files.
    /// - Returns: The project.
    /// - Throws: All problems that were found.
    public static func load(
        files: [String],
        directory: String?,
        name: String? = nil,
        environment: [String: String],
        profiles: Set<String> = [],
        sources: SourceFiles
    ) throws(Report) -> Project {
        let reader = try ProjectReader(
            files: files,
            directory: directory,
            namer: name.map { .user($0) } ?? .directory,
            environment: environment,
            profiles: profiles,
            sources: sources
        )
        return try Project(reader.merged())
    }

    /// Reads a project of a source: its files alone say what it is called, no variable of ours is put in.
    ///
    /// - Parameters:
    ///   - file: The absolute path of its file.
    ///   - directory: The absolute directory that relative paths in it start from.
    ///   - sources: Access to the file, and to the others that it names.
    /// - Returns: The project.
    /// - Throws: All problems that were found.
    public static func load(file: String, directory: String, sources: SourceFiles) throws(Report) -> Project {
        let reader = try ProjectReader(
            files: [file],
            directory: directory,
            namer: .files,
            environment: [:],
            profiles: [],
            sources: sources
        )
        return try Project(reader.merged())
    }

    /// Reads a project from one text, without access to any other file.
    static func load(
        yaml: String,
        file: String,
        directory: String,
        environment: [String: String]
    ) throws(Report) -> Project {
        let reader = try ProjectReader(
            yaml: yaml,
            file: file,
            directory: directory,
            environment: environment
        )
        return try Project(reader.merged())
    }
}
