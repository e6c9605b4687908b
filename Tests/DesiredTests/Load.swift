// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Projects from files in memory, and their trees as one line of JSON-like text.
struct Load {
    /// Files by their path below `/srv/app`.
    var files: [String: String]
    var arguments = ["compose.yaml"]
    var directory: String?
    var name: String?
    var environment: [String: String] = [:]
    var profiles: Set<String> = []

    init(_ files: [String: String], _ environment: [String: String] = [:]) {
        self.files = files
        self.environment = environment
    }

    /// Files that are merged in their order.
    static func merging(_ documents: String...) -> Load {
        var load = Load([:])
        load.arguments = documents.indices.map { "f\($0).yaml" }
        for (name, document) in zip(load.arguments, documents) { load.files[name] = document }
        return load
    }

    private func reader() throws(Report) -> ProjectReader {
        let files = files
        let sources = SourceFiles(workingDirectory: "/srv/app") {
            (path, limit) throws(SourceFiles.Failure) -> [UInt8] in
            guard path.hasPrefix("/srv/app/") else { throw .unreadable("permission denied") }
            let name = String(path.dropFirst("/srv/app/".count))
            if files.keys.contains(where: { $0.hasPrefix(name + "/") }) { throw .notRegular }
            guard let text = files[name] else { throw .absent }
            guard text.utf8.count <= limit else { throw .tooLarge }
            return Array(text.utf8)
        }
        return try ProjectReader(
            files: arguments,
            directory: directory,
            namer: name.map { .user($0) } ?? .directory,
            environment: environment,
            profiles: profiles,
            sources: sources
        )
    }

    func project() throws(Report) -> Project {
        try Project(reader().merged())
    }

    /// What is at a path of the tree, before anything is put in that the files only imply.
    func callAsFunction(_ path: String...) throws(Report) -> String {
        var tree: Tree? = try reader().merged().tree
        for key in path { tree = tree?[key] }
        return tree.map(Load.text) ?? "nothing"
    }

    /// The problems of reading and merging, a line each.
    var problems: [String] {
        do {
            try reader().merged().findings.check()
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    static func text(_ tree: Tree) -> String {
        switch tree.content {
        case .scalar(let scalar): scalar.type == .null ? "null" : scalar.text
        case .sequence(let items): "[" + items.map(text).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{" + entries.map { "\($0.key): \(text($0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
