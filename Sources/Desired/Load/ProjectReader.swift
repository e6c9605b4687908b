// SPDX-License-Identifier: Apache-2.0

/// Reads the files of a project and merges them; what is implied is not put in yet.
struct ProjectReader {
    /// Who gives the name of a project, beside its files.
    enum Namer {
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

    /// The active services and every resource of all files.
    struct Merged {
        let tree: Tree
        let scope: Scope
        /// Nil if there is no file beside the text.
        let sources: SourceFiles?
        let findings: Findings
    }

    private let loader: Loader
    private let files: [Mention]
    private let directory: Place
    private let namer: Namer
    private let environment: [String: String]
    private let profiles: Set<String>

    private var findings: Findings { loader.findings }

    /// The files as the user calls them; see `Project.load`.
    init(
        files: [String],
        directory: String?,
        namer: Namer,
        environment: [String: String],
        profiles: Set<String>,
        sources: SourceFiles
    ) throws(Report) {
        let working = Place(path: sources.workingDirectory, name: "")
        let findings = Findings(files: files)
        guard let first = files.first else { throw Report("no file is given", file: "") }
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
        guard let base = directory.map(working.file) ?? working.file(first)?.directory else {
            throw Report("the project directory is not a path", file: first)
        }
        loader = Loader(sources: sources, findings: findings)
        self.files = mentions
        self.directory = base
        self.namer = namer
        self.environment = environment
        self.profiles = profiles
    }

    /// One text, without access to any other file.
    init(
        yaml: String,
        file: String,
        directory: String,
        environment: [String: String]
    ) throws(Report) {
        let findings = Findings(file: file)
        loader = Loader(sources: nil, findings: findings)
        self.directory = Place(path: directory, name: "")
        let place = Place(path: self.directory.file(file)?.path ?? "/", name: file)
        files = [Mention(place: place, position: .start, path: .root)]
        namer = .files
        self.environment = environment
        profiles = []
        do throws(Loader.Stop) {
            try loader.enter(place, yaml)
        } catch {
            // The findings say why.
            try findings.check()
        }
    }

    /// All files, merged; throws if something is missing, and otherwise leaves problems to be found with others.
    func merged() throws(Report) -> Merged {
        var merged: Merged?
        do throws(Loader.Stop) {
            merged = try merge()
        } catch {
            // The findings say why.
        }
        if merged == nil || findings.isBroken { try findings.check() }
        guard let merged else { throw Report("the file is empty", file: files.first?.place.name ?? "") }
        return merged
    }

    private func merge() throws(Loader.Stop) -> Merged? {
        var scope = Scope(directory: directory, environment: environment)
        scope.environment = try loader.environment(of: directory, under: environment)
        let name = try name(scope)
        if let name { scope.environment["COMPOSE_PROJECT_NAME"] = name }
        guard var tree = try loader.project(files, scope, isRoot: true) else { return nil }
        if let name, tree["name"]?.text != name {
            tree = tree.setting("name", .string(name, at: tree["name"]?.position ?? .start))
        }
        tree = Profiles(active: profiles(scope), findings: findings)(tree)
        tree = try ServiceVariables(loader: loader, scope: scope)(tree)
        return Merged(tree: tree, scope: scope, sources: loader.sources, findings: findings)
    }

    private func name(_ scope: Scope) throws(Loader.Stop) -> String? {
        let given = try loader.name(of: files, scope.environment)
        switch namer {
        case .files: return given
        case .user(let name): return name
        case .directory:
            let named = scope.environment["COMPOSE_PROJECT_NAME"] ?? given
            return named ?? ProjectName.made(from: directory.base)
        }
    }

    private func profiles(_ scope: Scope) -> Set<String> {
        guard profiles.isEmpty, namer.readsEnvironment else { return profiles }
        let names = scope.environment["COMPOSE_PROFILES"] ?? ""
        return Set(names.split(separator: ",").map { String($0) })
    }
}
