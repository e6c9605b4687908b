// SPDX-License-Identifier: Apache-2.0

/// Reads the files of a project, with what they extend and include, and merges them into one tree.
///
/// The work is bounded by one `Budget`; a problem in one file does not keep the others from being read, so that
/// the user sees all of them at once.
final class Loader {
    /// Ends the reading at once; the findings say why.
    struct Stop: Error {}

    let findings: Findings
    let sources: SourceFiles?
    let budget = Budget()
    private var contents: [String: Document.Content?] = [:]
    private var variableFiles: [String: Result<[UInt8], SourceFiles.Failure>] = [:]

    /// A loader; `sources` is nil if there is no other file than those that are entered.
    init(sources: SourceFiles?, findings: Findings) {
        self.sources = sources
        self.findings = findings
    }

    /// Enters a file whose text is at hand.
    func enter(_ place: Place, _ text: String) throws(Stop) {
        let file = findings.index(of: place.name)
        guard budget.spend(bytes: text.utf8.count) else {
            let start = Position(line: 1, column: 1, file: file)
            throw stop("the file is larger than 4 MiB", "split it into several apps", at: start)
        }
        var text = text
        contents[place.path] = .some(
            text.withUTF8 { Document.read($0, file: file, limit: Budget.nodes, findings) }
        )
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
                result = Merge(findings: findings, budget: budget, keepsTags: false)(result, tree)
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
        let includes = Include.read(tree["include"], scope.normaliser(findings))
        tree = tree.setting("include", nil)
        if !isRoot { tree = tree.setting("name", nil) }
        tree = try Extender(ServiceSet(tree, place, scope, findings), self).tree()
        for include in includes { tree = try including(include, tree, scope) }
        return tree
    }

    /// The document with its variables put in; nil if it is no mapping.
    func completed(_ document: Tree, _ scope: Scope) throws(Stop) -> Tree? {
        let interpolator = Interpolator(environment: scope.environment, findings: findings)
        let (tree, growth) = findings.mildly { interpolator(document) }
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
        var content: Document.Content?
        switch try bytes(of: file) {
        case .success(let bytes):
            let index = findings.index(of: place.name)
            content = bytes.withUnsafeBufferPointer {
                Document.read($0, file: index, limit: Budget.nodes, findings)
            }
        case .failure(let failure):
            let isItself = findings.file(file.position) == place.name
            let name = isItself ? "the file" : Characters.quoted(place.name)
            findings.add("\(name) \(failure.what)", at: file.position, file.path)
        }
        contents[place.path] = .some(content)
        return content
    }

    /// The documents of a file, counted whenever they are used.
    func documents(of file: Mention) throws(Stop) -> [Tree] {
        guard let content = try content(of: file) else { return [] }
        guard budget.spend(files: max(1, content.documents.count)) else {
            throw tooManyFiles(file)
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

    /// The file that a text names, from a directory; nil if it names none.
    func mention(of text: Tree, in directory: Place, _ path: Path) -> Mention? {
        let name = text.text ?? ""
        if name.contains("://") || name.hasPrefix("git@") {
            findings.add(
                "\(Characters.quoted(name)) is not a file here",
                "fetch it first and name the copy",
                at: text.position,
                path
            )
            return nil
        }
        guard let place = directory.file(name) else {
            findings.add("\(Characters.quoted(name)) is not a path", at: text.position, path)
            return nil
        }
        return Mention(place: place, position: text.position, path: path)
    }

    /// The bytes of a file of variables, read once.
    func variableFile(_ file: Mention) throws(Stop) -> Result<[UInt8], SourceFiles.Failure> {
        if let known = variableFiles[file.place.path] { return known }
        guard budget.spend(files: 1) else { throw tooManyFiles(file) }
        let bytes = try bytes(of: file)
        variableFiles[file.place.path] = bytes
        return bytes
    }

    private func bytes(of file: Mention) throws(Stop) -> Result<[UInt8], SourceFiles.Failure> {
        let bytes: [UInt8]
        do throws(SourceFiles.Failure) {
            guard let sources else { throw .unreadable("only this one file is at hand here") }
            bytes = try sources.read(file.place.path, limit: Budget.bytes)
        } catch {
            return .failure(error)
        }
        guard budget.spend(bytes: bytes.count) else {
            throw stop(
                "the files are larger than 4 MiB together",
                "split the project",
                at: file.position,
                file.path
            )
        }
        return .success(bytes)
    }

    private func tooManyFiles(_ file: Mention) -> Stop {
        stop(
            "more than \(Budget.files) files and documents",
            "use fewer of them",
            at: file.position,
            file.path
        )
    }
}
