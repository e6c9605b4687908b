// SPDX-License-Identifier: Apache-2.0

/// Reads the files of a project, with what they extend and include, and merges them into one tree.
///
/// The work is bounded by one `Budget`; a problem in one file does not keep the others from being read, so that
/// the user sees all of them at once.
final class Loader {
    /// Ends the reading at once; the findings say why.
    struct Stop: Error {}

    let findings: Findings
    private let sources: SourceFiles?
    private var budget = Budget()
    private var contents: [String: Document.Content?] = [:]
    private var bytes: [String: [UInt8]] = [:]

    /// A loader; `sources` is nil if there is no other file than those that are entered.
    init(sources: SourceFiles?, findings: Findings) {
        self.sources = sources
        self.findings = findings
    }

    /// Enters a file whose text is at hand.
    func enter(_ place: Place, _ bytes: [UInt8]) throws(Stop) {
        guard budget.spend(bytes: bytes.count) else {
            let start = Position(line: 1, column: 1, file: findings.index(of: place.name))
            throw stop("the file is larger than 4 MiB", "split it into several apps", at: start)
        }
        contents[place.path] = .some(document(bytes, place))
    }

    /// Whether there are files to read beside those that were entered.
    var hasFiles: Bool {
        sources != nil
    }

    /// The files of one project directory, merged.
    func project(_ files: [Mention], _ scope: Scope, isRoot: Bool) throws(Stop) -> Tree? {
        var result: Tree?
        for file in files {
            for document in try documents(of: file) {
                var inner = scope
                inner.chain.append(file.place)
                guard let tree = try layer(document, file.place, inner, isRoot: isRoot) else { continue }
                result = Merge(findings: findings, keepsTags: false)(result, tree)
            }
        }
        return result?.givingServices(scope.environment)
    }

    /// One document with its services extended and its includes put in, in the long form.
    private func layer(
        _ document: Tree,
        _ place: Place,
        _ scope: Scope,
        isRoot: Bool
    ) throws(Stop) -> Tree? {
        guard var tree = try completed(document, scope) else { return nil }
        let includes = Include.read(tree["include"], findings)
        tree = tree.setting("include", nil)
        if !isRoot { tree = tree.setting("name", nil) }
        tree = try Extender(ServiceSet(tree, place, scope, findings), self).tree()
        for include in includes { tree = try including(include, tree, scope) }
        return tree
    }

    /// The document with its variables put in; nil if it is no mapping.
    func completed(_ document: Tree, _ scope: Scope) throws(Stop) -> Tree? {
        let (tree, growth) = Interpolator(environment: scope.environment, findings: findings)(document)
        guard budget.spend(text: growth) else {
            throw stop("variables put in more than 4 MiB of text", "shorten them", at: tree.position)
        }
        guard case .mapping = tree.content else {
            findings.add("must be a mapping, is \(tree.kind)", at: tree.position)
            return nil
        }
        return tree
    }

    /// What a file holds, read once; nil if it cannot be read.
    private func content(of file: Mention) throws(Stop) -> Document.Content? {
        let place = file.place
        if let known = contents[place.path] { return known }
        let bytes = try bytes(of: file) { failure in
            let isItself = findings.file(file.position) == place.name
            let name = isItself ? "the file" : Characters.quoted(place.name)
            findings.add("\(name) \(failure.what)", at: file.position, file.path)
        }
        let content = bytes.flatMap { document($0, place) }
        contents[place.path] = .some(content)
        return content
    }

    /// The documents of a file, counted whenever they are used.
    func documents(of file: Mention) throws(Stop) -> [Tree] {
        guard let content = try content(of: file) else { return [] }
        guard budget.spend(files: max(1, content.documents.count)) else {
            throw stop(
                "more than \(Budget.files) files and documents",
                "use fewer of them",
                at: file.position,
                file.path
            )
        }
        try spend(nodes: content.nodes, at: file.position, file.path)
        return content.documents
    }

    /// The name that the files give to the project.
    func name(of files: [Mention], _ environment: [String: String]) throws(Stop) -> String? {
        var documents: [Tree] = []
        for file in files { documents += try content(of: file)?.documents ?? [] }
        return ProjectName.given(by: documents, environment)
    }

    /// Counts nodes that a file, or what is put in from elsewhere, adds to the project.
    func spend(nodes: Int, at position: Position, _ path: Path) throws(Stop) {
        guard budget.spend(nodes: nodes) else {
            throw stop(
                "more than \(Budget.nodes) values with all that is extended and included",
                "use fewer of them",
                at: position,
                path
            )
        }
    }

    /// Counts text that a file of variables adds.
    func spend(text: Int, at position: Position, _ path: Path) throws(Stop) {
        guard budget.spend(text: text) else {
            throw stop(
                "files of variables put in more than 4 MiB of text",
                "shorten them",
                at: position,
                path
            )
        }
    }

    func stop(_ what: String, _ remedy: String, at position: Position, _ path: Path = .root) -> Stop {
        findings.add(what, remedy, at: position, path)
        return Stop()
    }

    /// The bytes of a file, read once; nil if it cannot be had, which `failed` is told.
    func bytes(of file: Mention, failed: (SourceFiles.Failure) -> Void) throws(Stop) -> [UInt8]? {
        if let known = bytes[file.place.path] { return known }
        let read: [UInt8]
        do throws(SourceFiles.Failure) {
            guard let sources else { throw .unreadable("only this one file is at hand here") }
            read = try sources.read(file.place.path, limit: Budget.bytes)
        } catch {
            failed(error)
            return nil
        }
        guard budget.spend(bytes: read.count) else {
            throw stop(
                "the files are larger than 4 MiB together",
                "split the project",
                at: file.position,
                file.path
            )
        }
        bytes[file.place.path] = read
        return read
    }

    private func document(_ bytes: [UInt8], _ place: Place) -> Document.Content? {
        let file = findings.index(of: place.name)
        return bytes.withUnsafeBufferPointer {
            Document.read($0, file: file, limit: Budget.nodes, findings)
        }
    }
}
