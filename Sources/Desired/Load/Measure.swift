// SPDX-License-Identifier: Apache-2.0

/// How large a YAML text is once its aliases are put in, found without putting them in.
struct Measure {
    /// A node with all that is below it.
    private struct Size {
        var nodes: Int
        var height: Int
    }

    /// Why a text is refused before anything is built from it.
    struct Excess: Error {
        let what: String
        let remedy: String
        let position: Position
    }

    private let limit: Int
    private var anchors: [String: Size] = [:]
    private var nodes = 0

    /// The number of nodes of all documents.
    static func nodes(
        of bytes: UnsafeBufferPointer<UInt8>,
        file: Int,
        limit: Int
    ) throws -> Int {
        var events = YAMLEvents(bytes, file: file)
        var measure = Measure(limit: limit)
        var depth = 0
        var open: [(size: Size, anchor: String?)] = []
        while true {
            let size: Size
            switch try events.next() {
            case .streamEnd: return measure.nodes
            case .documentStart: continue
            case .sequence, .mapping:
                depth += 1
                try measure.check(depth: depth, events)
                try measure.count(1, events)
                open.append((Size(nodes: 1, height: 1), events.anchor))
                continue
            case .end:
                depth -= 1
                guard let closed = open.popLast() else { continue }
                if let anchor = closed.anchor { measure.anchors[anchor] = closed.size }
                size = closed.size
            case .scalar:
                try measure.count(1, events)
                size = Size(nodes: 1, height: 1)
                if let anchor = events.anchor { measure.anchors[anchor] = size }
            case .alias:
                // An alias within its own anchor finds nothing either.
                guard let known = events.anchor.flatMap({ measure.anchors[$0] }) else {
                    throw Excess(
                        what: "an alias without its anchor",
                        remedy: "write '&name' at a value before it",
                        position: events.position
                    )
                }
                try measure.check(depth: depth + known.height, events)
                try measure.count(known.nodes, events)
                size = known
            }
            guard let last = open.indices.last else { continue }
            open[last].size.nodes += size.nodes
            open[last].size.height = max(open[last].size.height, size.height + 1)
        }
    }

    private init(limit: Int) {
        self.limit = limit
    }

    private func check(depth: Int, _ events: borrowing YAMLEvents) throws {
        guard depth <= Document.maximumDepth else {
            throw Excess(
                what: "nested deeper than \(Document.maximumDepth) levels",
                remedy: "",
                position: events.position
            )
        }
    }

    private mutating func count(_ more: Int, _ events: borrowing YAMLEvents) throws {
        nodes += more
        guard nodes <= limit else {
            throw Excess(
                what: "more than \(Budget.nodes) values once aliases are put in",
                remedy: "use fewer aliases",
                position: events.position
            )
        }
    }
}
