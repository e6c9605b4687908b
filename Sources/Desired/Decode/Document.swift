// SPDX-License-Identifier: Apache-2.0
internal import Yams

/// Turns the text of a file into a `Tree`, with limits on all that a hostile file could make large.
struct Document {
    static let maximumBytes = 4 << 20
    static let maximumDepth = 64
    static let maximumNodes = 200_000

    private let findings: Findings
    private let interpolation: Interpolation
    private var nodes = 0

    /// The root of the document; nil if it cannot be read, and then the findings say why.
    static func read(_ yaml: String, environment: [String: String], _ findings: Findings) -> Tree? {
        guard yaml.utf8.count <= maximumBytes else {
            findings.add("the file is larger than 4 MiB", "split it into several apps", at: .start)
            return nil
        }
        if let position = KeyScan.offence(in: yaml) {
            findings.add("an alias or a collection as a key", "write the key out", at: position)
            return nil
        }
        do {
            // Without rules for types: our readers know which type they want.
            guard let root = try Yams.compose(yaml: yaml, .basic) else {
                findings.add("the file is empty", "", at: .start)
                return nil
            }
            var document = Document(findings, Interpolation(environment: environment))
            return try document.tree(root, .root, depth: 0)
        } catch let error as YamlError {
            findings.add(error, in: yaml)
        } catch {
            // A limit; the finding is made where it was hit.
        }
        return nil
    }

    private init(_ findings: Findings, _ interpolation: Interpolation) {
        self.findings = findings
        self.interpolation = interpolation
    }

    /// Ends the walk at once.
    private struct TooMuch: Error {}

    private mutating func tree(_ node: Yams.Node, _ path: Path, depth: Int) throws -> Tree {
        let position = Position(node)
        guard depth <= Document.maximumDepth else {
            findings.add("nested deeper than \(Document.maximumDepth) levels", at: position, path)
            throw TooMuch()
        }
        try count(position, path)
        switch node {
        case .scalar(let scalar):
            return Tree(position: position, content: .scalar(value(scalar, position, path)))
        case .sequence(let sequence):
            check(sequence.tag, "seq", position, path)
            var items: [Tree] = []
            for (index, item) in sequence.enumerated() {
                items.append(try tree(item, .index(path, index), depth: depth + 1))
            }
            return Tree(position: position, content: .sequence(items))
        case .mapping(let mapping):
            check(mapping.tag, "map", position, path)
            return Tree(position: position, content: .mapping(try entries(mapping, path, depth: depth)))
        case .alias:
            findings.add("an alias without its anchor", at: position, path)
            throw TooMuch()
        }
    }

    private mutating func count(_ position: Position, _ path: Path) throws {
        nodes += 1
        guard nodes <= Document.maximumNodes else {
            findings.add(
                "more than \(Document.maximumNodes) values once aliases are put in",
                "use fewer aliases",
                at: position,
                path
            )
            throw TooMuch()
        }
    }

    private mutating func entries(_ mapping: Yams.Node.Mapping, _ path: Path, depth: Int) throws -> [Tree
        .Entry]
    {
        var own: [Tree.Entry] = []
        var merged: [Tree.Entry] = []
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                findings.add("a key must be a single word", at: Position(key), path)
                continue
            }
            if scalar.string == "<<", scalar.style == .plain {
                merged += try merge(value, path, depth: depth + 1)
                continue
            }
            // Foreign extensions at the top are where anchors live; they are not ours to read.
            if case .root = path, scalar.string.hasPrefix("x-"),
                !Vocabulary.extensions.contains(scalar.string)
            {
                continue
            }
            guard seen.insert(scalar.string).inserted else {
                findings.add("duplicate key", "keep one of them", at: Position(key), path / scalar.string)
                continue
            }
            let tree = try tree(value, path / scalar.string, depth: depth + 1)
            own.append(Tree.Entry(key: scalar.string, position: Position(key), value: tree))
        }
        return own + merged.filter { seen.insert($0.key).inserted }
    }

    /// The entries of a merge key's mapping, or of its list of mappings, where the first one wins.
    private mutating func merge(_ value: Yams.Node, _ path: Path, depth: Int) throws -> [Tree.Entry] {
        guard depth <= Document.maximumDepth else {
            findings.add("nested deeper than \(Document.maximumDepth) levels", at: Position(value), path)
            throw TooMuch()
        }
        try count(Position(value), path)
        switch value {
        case .mapping(let mapping): return try entries(mapping, path, depth: depth)
        case .sequence(let list):
            var all: [Tree.Entry] = []
            for item in list {
                guard case .mapping(let mapping) = item else {
                    findings.add("'<<' merges mappings only", at: Position(item), path / "<<")
                    continue
                }
                try count(Position(item), path)
                all += try entries(mapping, path, depth: depth)
            }
            return all
        default:
            findings.add("'<<' merges mappings only", at: Position(value), path / "<<")
            return []
        }
    }

    private func value(_ scalar: Yams.Node.Scalar, _ position: Position, _ path: Path) -> Tree.Scalar {
        let tag = scalar.tag.description
        check(scalar.tag, "str", position, path)
        var result = Tree.Scalar(
            text: scalar.string,
            isPlain: scalar.style == .plain && !tag.hasSuffix(":str"),
            isInterpolated: false
        )
        if scalar.string.unicodeScalars.contains("\0") {
            findings.add("a NUL character", "remove it", at: position, path)
        }
        guard scalar.string.utf8.contains(UInt8(ascii: "$")) else { return result }
        do {
            result.text = try interpolation(scalar.string)
            result.isInterpolated = true
        } catch {
            findings.add(error.what, error.remedy, at: position, path)
        }
        return result
    }

    /// Tags say what the text says already; those that ask for more (`!reset`, `!!binary`) are refused.
    private func check(_ tag: Tag, _ kind: String, _ position: Position, _ path: Path) {
        let name = tag.description
        guard !["", "!", "tag:yaml.org,2002:\(kind)"].contains(name) else { return }
        findings.add("tag \(Characters.quoted(name)) is not supported yet", "remove it", at: position, path)
    }
}

extension Position {
    fileprivate init(_ node: Yams.Node) {
        self.init(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }
}

extension Findings {
    /// Says what the parser says, in one line.
    fileprivate func add(_ error: YamlError, in yaml: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            add("not valid YAML: \(problem)", at: Position(line: mark.line, column: mark.column))
        case .reader(let problem, let offset, _, _):
            let before = yaml.prefix(offset ?? 0)
            let line = before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            let column = before.unicodeScalars.reversed().prefix { $0 != "\n" }.count + 1
            add("not valid YAML: \(problem)", at: Position(line: line, column: column))
        case .duplicatedKeysInMapping(let keys, let context):
            add(
                "duplicate key \(keys.map { Characters.quoted($0) }.joined(separator: ", "))",
                "keep one of them",
                at: Position(line: context.mark.line, column: context.mark.column)
            )
        default: add("not valid YAML", at: .start)
        }
    }
}
