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
        let working = Place(path: sources.workingDirectory, name: "")
        let findings = Findings(files: files)
        guard let first = files.first else {
            throw Report([.init(file: "", line: 1, column: 1, path: "", what: "no file is given")])
        }
        var mentions: [Mention] = []
        for (index, file) in files.enumerated() {
            let position = Position(line: 1, column: 1, file: index)
            if let place = working.file(file) {
                let named = Place(path: place.path, name: file)
                mentions.append(Mention(place: named, position: position, path: .root))
            } else {
                findings.add("is not a path", at: position)
            }
        }
        try findings.check()
        let base = directory.map(working.file) ?? working.file(first)?.directory
        guard let base else {
            throw Report([
                .init(file: first, line: 1, column: 1, path: "", what: "the project directory is not a path")
            ])
        }
        let loader = Loader(sources: sources, findings: findings)
        return try project(
            loader,
            mentions,
            base,
            name.map { .user($0) } ?? .directory,
            environment,
            profiles
        )
    }

    /// Reads a project from one text, without access to any other file.
    static func load(
        yaml: String,
        file: String,
        directory: String,
        environment: [String: String]
    ) throws(Report) -> Project {
        let findings = Findings(file: file)
        let loader = Loader(sources: nil, findings: findings)
        let base = Place(path: directory, name: "")
        let place = Place(path: base.file(file)?.path ?? "/", name: file)
        let mention = Mention(place: place, position: .start, path: .root)
        do throws(Loader.Stop) {
            try loader.enter(place, yaml)
        } catch {
            try findings.check()
        }
        return try project(loader, [mention], base, .files, environment, [])
    }

    /// Who gives the name of a project, beside its files.
    private enum Namer {
        /// Nobody else.
        case files
        /// The directory, if the files do not.
        case directory
        /// The user, whatever the files say.
        case user(String)

        /// Whether `COMPOSE_PROFILES` and the like are heeded: not for a text that somebody sent.
        var readsEnvironment: Bool {
            if case .files = self { false } else { true }
        }
    }

    private static func project(
        _ loader: Loader,
        _ files: [Mention],
        _ directory: Place,
        _ namer: Namer,
        _ environment: [String: String],
        _ profiles: Set<String>
    ) throws(Report) -> Project {
        let findings = loader.findings
        var scope = Scope(directory: directory, environment: environment)
        var tree: Tree?
        do throws(Loader.Stop) {
            scope.environment = try loader.environment(of: directory, under: environment)
            let given = try loader.name(of: files, scope.environment)
            let chosen: String? =
                switch namer {
                case .files: given
                case .directory:
                    scope.environment["COMPOSE_PROJECT_NAME"] ?? given
                        ?? ProjectName.made(from: directory.base)
                case .user(let name): name
                }
            if let chosen { scope.environment["COMPOSE_PROJECT_NAME"] = chosen }
            tree = try loader.project(files, scope, isRoot: true)
            if let chosen, tree?["name"]?.text != chosen {
                tree = tree?.setting("name", .string(chosen, at: tree?["name"]?.position ?? .start))
            }
            if let read = tree {
                let named = namer.readsEnvironment ? scope.environment["COMPOSE_PROFILES"] ?? "" : ""
                let chosen = profiles.isEmpty ? Set(named.split(separator: ",").map { String($0) }) : profiles
                let active = Profiles(active: chosen, findings: findings)(read)
                tree = try ServiceVariables(loader: loader, scope: scope)(active)
            }
        } catch {
            // The findings say why.
            try findings.check()
        }
        guard let tree else {
            try findings.check()
            throw Report([
                .init(file: files[0].place.name, line: 1, column: 1, path: "", what: "the file is empty")
            ])
        }
        try findings.check()
        let normaliser = Normaliser(
            findings: findings,
            directory: directory.path,
            environment: scope.environment
        )
        let finished = normaliser.finish(tree)
        try findings.check()
        return Project(finished, findings: findings)
    }
}
