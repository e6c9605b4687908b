// SPDX-License-Identifier: Apache-2.0

/// What a node is given at its first boot: files of the folder of its settings.
public struct Provision: Sendable, Equatable {
    /// One of the files.
    public struct File: Sendable, Equatable {
        /// Below the folder, for example `apps.d/shop.yaml`.
        public let path: String
        /// Permission bits, at most 0777.
        public let mode: UInt32
        /// What is in it.
        public let content: String
    }

    /// At most 1,000, in the order of the text; no path is there twice, and none leads through another.
    public let files: [File]

    /// Decodes and checks the text, and all that it says of settings and apps, without any I/O.
    ///
    /// - Parameters:
    ///   - yaml: The text, at most 4 MiB.
    ///   - file: The text as the user calls it, for the report.
    ///   - folder: The absolute path of the folder that the files are for.
    /// - Returns: The files.
    /// - Throws: All problems of the text; or of the first file in it that is no good.
    public static func decode(yaml: String, file: String, folder: String) throws(Report) -> Provision {
        let findings = Findings(file: file)
        var files: [File] = []
        if let tree = NodeSettings.document(of: yaml, findings) {
            files = ProvisionDecoder.files(Field(tree: tree, path: .root, findings: findings))
        }
        try findings.check()
        let provision = Provision(files: files)
        try provision.check(file, folder)
        return provision
    }

    /// Reads each file as the agent will.
    private func check(_ file: String, _ folder: String) throws(Report) {
        let paths = Dictionary(files.map { ("\(folder)/\($0.path)", $0.content) }) { first, _ in first }
        let sources = SourceFiles(workingDirectory: folder) { (path, _) throws(SourceFiles.Failure) in
            guard let content = paths[path] else { throw .absent }
            return Array(content.utf8)
        }
        for one in files {
            let name = "\(file): \(one.path)"
            if one.path == "node.yaml" { _ = try NodeSettings.decode(yaml: one.content, file: name) }
            let parts = one.path.split(separator: "/")
            guard parts.count == 2, parts[0] == "apps.d", !parts[1].hasPrefix("."),
                [".yaml", ".yml", ".json"].contains(where: one.path.hasSuffix)
            else { continue }
            let directory = "\(folder)/apps.d"
            _ = try Project.load(file: "\(folder)/\(one.path)", directory: directory, sources: sources).app()
        }
    }
}
