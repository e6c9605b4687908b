// SPDX-License-Identifier: Apache-2.0

/// A desired state as its files say it together: extended, included, merged, with its variables put in.
public struct Project: Sendable {
    /// The name of the app; empty if no file gives it and there is no directory to take it from.
    public let name: String
    /// What is worth a look, but no reason to refuse the project.
    public let warnings: [Report.Problem]
    /// The active services and every resource, in the long form.
    let tree: Tree
    private let contents: ConfigContents
    private let encrypted: EncryptedSecrets
    private let files: [String]

    /// Puts in what the merged files imply.
    init(_ merged: ProjectReader.Merged) throws(Report) {
        let findings = merged.findings
        tree = merged.scope.normaliser(findings).finish(merged.tree)
        contents = ConfigContents(tree, environment: merged.scope.environment, sources: merged.sources)
        encrypted = EncryptedSecrets(tree, sources: merged.sources)
        if !findings.problems.isEmpty {
            // Whoever mends these wants to know of the others, too.
            _ = Project.decoded(tree, findings)
            try findings.check()
        }
        name = tree["name"]?.text ?? ""
        warnings = findings.warnings
        files = findings.files
    }

    /// The project with all that it says of configs and encrypted secrets, wherever that was read from.
    var whole: Tree {
        encrypted.embedded(in: contents.embedded(in: tree))
    }

    /// Decodes and checks the app that the project describes.
    ///
    /// Networks, volumes, configs and secrets that no service uses are checked, but are not part of it.
    ///
    /// - Returns: The app.
    /// - Throws: All problems that were found.
    public func app() throws(Report) -> App {
        let findings = Findings(files: files)
        findings.jobs = JobSet.names(in: tree)
        reportContents(to: findings)
        let app = Project.decoded(whole, findings)
        try findings.check()
        guard let app else { throw Report("cannot be read", file: files.first ?? "") }
        return app.withoutUnused
    }

    /// Checks what nobody but this host can: the name, and what configs and encrypted secrets are made of.
    ///
    /// - Throws: All problems of the project, if it has one of these.
    public func checkContents() throws(Report) {
        let findings = Findings(files: files)
        reportContents(to: findings)
        guard findings.problems.isEmpty, Names.app(name) != nil else {
            _ = try app()
            return
        }
    }

    private func reportContents(to findings: Findings) {
        contents.report(tree, to: findings)
        encrypted.report(tree, to: findings)
    }

    /// The place of a value in the files.
    ///
    /// - Parameter path: The way to it, for example `services.web.ports[0].target`.
    /// - Returns: Where it stands, or where the nearest thing around it does.
    public func position(of path: String) -> (file: String, line: Int, column: Int)? {
        let position = tree.position(of: path[...], near: tree.position)
        guard files.indices.contains(position.file) else { return nil }
        return (files[position.file], position.line, position.column)
    }

    private static func decoded(_ tree: Tree, _ findings: Findings) -> App? {
        AppDecoder(findings: findings).app(Field(tree: tree, path: .root, findings: findings))
    }
}

extension App {
    /// The app with the networks, volumes, configs and secrets that its services use.
    fileprivate var withoutUnused: App {
        var app = self
        let workloads = workloads
        let networks = Set(workloads.flatMap { $0.networks.map(\.network) })
        let volumes = Set(
            workloads.flatMap(\.mounts).compactMap { mount in
                if case .volume(let name) = mount.source { name } else { nil }
            }
        )
        let configs = Set(workloads.flatMap { $0.configs.map(\.source) })
        let secrets = Set(workloads.flatMap { $0.secrets.map(\.source) })
        app.configs.removeAll { !configs.contains($0.name) }
        app.secrets.removeAll { !secrets.contains($0.name) }
        app.networks.removeAll { !networks.contains($0.name) }
        app.volumes.removeAll { !volumes.contains($0.name) }
        return app
    }
}

extension Tree {
    /// Where a path leads, or the last place on the way to it; the place of an entry is that of its key.
    fileprivate func position(of path: Substring, near: Position) -> Position {
        switch content {
        case .scalar: return near
        case .sequence(let items):
            guard path.first == "[", let end = path.firstIndex(of: "]"),
                let index = Int(path[..<end].dropFirst()), items.indices.contains(index)
            else { return near }
            return items[index].position(of: path[end...].dropFirst(), near: items[index].position)
        case .mapping(let entries):
            let rest = path.first == "." ? path.dropFirst() : path
            // Keys may hold dots: the longest one that fits is meant.
            let fitting = entries.filter { entry in
                rest.hasPrefix(entry.key) && [nil, ".", "["].contains(rest.dropFirst(entry.key.count).first)
            }
            guard let entry = fitting.max(by: { $0.key.count < $1.key.count }) else { return near }
            return entry.value.position(of: rest.dropFirst(entry.key.count), near: entry.position)
        }
    }
}
