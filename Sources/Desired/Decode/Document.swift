// SPDX-License-Identifier: Apache-2.0

/// Turns the text of a file into trees, one for each of its documents, aliases and merge keys put in.
///
/// Variables are not put in yet. The text is measured before anything is built from it.
struct Document {
    static let maximumDepth = 64

    /// What a text holds.
    struct Content {
        /// The roots of its documents.
        let documents: [Tree]
        /// How many nodes they have together.
        let nodes: Int
    }

    private let findings: Findings
    private var anchors: [String: Tree] = [:]

    /// The documents of a text; nil if it cannot be read, and then the findings say why.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        file: Int,
        limit: Int,
        _ findings: Findings
    ) -> Content? {
        do {
            let nodes = try Measure.nodes(of: bytes, file: file, limit: limit)
            var events = YAMLEvents(bytes, file: file)
            var documents: [Tree] = []
            // As for Compose, an anchor is good for the documents that follow, too.
            var document = Document(findings: findings)
            while case .documentStart = try events.next() {
                let root = try findings.mildly {
                    try document.tree(try events.next(), &events, .root)
                }
                documents.append(root)
            }
            return Content(documents: documents, nodes: nodes)
        } catch let failure as YAMLEvents.Failure {
            findings.add("not valid YAML: \(failure.problem)", at: failure.position)
        } catch let excess as Measure.Excess {
            findings.add(excess.what, excess.remedy, at: excess.position)
        } catch {
            // Both kinds are above; the compiler cannot know.
            findings.add("not valid YAML", at: Position(line: 1, column: 1, file: file))
        }
        return nil
    }

    private init(findings: Findings) {
        self.findings = findings
    }

    private mutating func tree(
        _ kind: YAMLEvents.Kind,
        _ events: inout YAMLEvents,
        _ path: Path
    ) throws -> Tree {
        let position = events.position
        let anchor = events.anchor
        if case .alias = kind, let known = anchor.flatMap({ anchors[$0] }) { return known }
        var tree = Tree(position: position, content: .sequence([]), override: override(events.tag))
        switch kind {
        case .scalar:
            check(events.tag, "str", position, path)
            tree = tree.replacing(.scalar(scalar(events, position, path)))
        case .sequence:
            check(events.tag, "seq", position, path)
            var items: [Tree] = []
            while true {
                let next = try events.next()
                if case .end = next { break }
                items.append(try self.tree(next, &events, .index(path, items.count)))
            }
            tree = tree.replacing(.sequence(items))
        case .mapping:
            check(events.tag, "map", position, path)
            tree = tree.replacing(.mapping(try entries(&events, path)))
        default: break
        }
        if let anchor { anchors[anchor] = tree }
        return tree
    }

    private mutating func entries(_ events: inout YAMLEvents, _ path: Path) throws -> [Tree.Entry] {
        var own: [Tree.Entry] = []
        var merged: [Tree.Entry] = []
        var seen: Set<String> = []
        while true {
            let kind = try events.next()
            if case .end = kind { break }
            let position = events.position
            guard case .scalar = kind else {
                findings.add("a key must be a single word", "write the key out", at: position, path)
                _ = try tree(kind, &events, path)
                _ = try tree(try events.next(), &events, path)
                continue
            }
            let key = events.text
            let isMerge = key == "<<" && events.isPlain && events.tag == nil
            if let anchor = events.anchor {
                anchors[anchor] = Tree(position: position, content: .scalar(scalar(events, position, path)))
            }
            let value = try tree(try events.next(), &events, path / key)
            if isMerge {
                merged += merge(value, path)
            } else if seen.insert(key).inserted {
                own.append(Tree.Entry(key: key, position: position, value: value))
            } else {
                findings.add(
                    "duplicate key \(Characters.quoted(key))",
                    "keep one of them",
                    at: position,
                    path / key
                )
            }
        }
        return own + merged.filter { seen.insert($0.key).inserted }
    }

    /// The entries of a merge key's mapping, or of its list of mappings, where the first one wins.
    private func merge(_ value: Tree, _ path: Path) -> [Tree.Entry] {
        switch value.content {
        case .mapping(let entries): return entries
        case .sequence(let list):
            return list.flatMap { item -> [Tree.Entry] in
                if case .mapping(let entries) = item.content { return entries }
                findings.add("'<<' merges mappings only", at: item.position, path / "<<")
                return []
            }
        case .scalar:
            findings.add("'<<' merges mappings only", at: value.position, path / "<<")
            return []
        }
    }

    private func scalar(
        _ events: borrowing YAMLEvents,
        _ position: Position,
        _ path: Path
    ) -> Tree.Scalar {
        let text = events.text
        if text.utf8.contains(0) { findings.add("a NUL character", "remove it", at: position, path) }
        return Tree.Scalar(
            text: text,
            isPlain: events.isPlain && events.tag?.hasSuffix(":str") != true,
            isInterpolated: false
        )
    }

    private func override(_ tag: String?) -> Tree.Override? {
        switch tag {
        case "!reset": .reset
        case "!override": .override
        default: nil
        }
    }

    /// Tags say what the text says already, or how to merge; those that ask for more (`!!binary`) are refused.
    private func check(_ tag: String?, _ kind: String, _ position: Position, _ path: Path) {
        guard let tag, !["!", "!reset", "!override", "tag:yaml.org,2002:\(kind)"].contains(tag) else {
            return
        }
        findings.add("tag \(Characters.quoted(tag)) is not supported", "remove it", at: position, path)
    }
}
