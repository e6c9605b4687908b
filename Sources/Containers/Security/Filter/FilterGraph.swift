// SPDX-License-Identifier: Apache-2.0

/// A filter as a graph of decisions, each of which is there once.
struct FilterGraph {
    /// A decision by its number; those that follow it have lower ones.
    typealias Place = Int

    enum Node: Hashable {
        case answer(UInt32)
        case load(UInt32, then: Place)
        case mask(UInt32, then: Place)
        case test(FilterInstruction.Test, UInt32, yes: Place, no: Place)

        fileprivate var next: [Place] {
            switch self {
            case .answer: []
            case .load(_, let then), .mask(_, let then): [then]
            case .test(_, _, let yes, let no): [yes, no]
            }
        }
    }

    private(set) var nodes: [Node] = []
    private var places: [Node: Place] = [:]

    /// The place of a decision, which is made unless it is there.
    mutating func place(_ node: Node) -> Place {
        switch node {
        case .test(_, _, let yes, let no) where yes == no: return yes
        case .load(_, let then) where !reads(then), .mask(_, let then) where !reads(then): return then
        default: break
        }
        if let known = places[node] { return known }
        nodes.append(node)
        places[node] = nodes.count - 1
        return nodes.count - 1
    }

    /// Whether it looks at what was loaded before.
    private func reads(_ place: Place) -> Bool {
        switch nodes[place] {
        case .answer, .load: false
        case .mask, .test: true
        }
    }

    /// The instructions that decide from `root` on.
    ///
    /// Jumps lead forward alone; one that is longer than a test can skip goes by an instruction of its own.
    func instructions(from root: Place) -> [FilterInstruction] {
        let order = order(from: root)
        var sizes = order.map { _ in 1 }
        var starts: [Place: Int] = [:]
        var isSettled = false
        while !isSettled {
            var at = 0
            for (index, place) in order.enumerated() {
                starts[place] = at
                at += sizes[index]
            }
            isSettled = true
            for (index, place) in order.enumerated() {
                let needed = emit(place, starts, size: sizes[index]).count
                if needed > sizes[index] {
                    sizes[index] = needed
                    isSettled = false
                }
            }
        }
        return order.enumerated().flatMap { emit($1, starts, size: sizes[$0]) }
    }

    /// Each before those that follow it, and a test's `no` right behind it where that can be.
    private func order(from root: Place) -> [Place] {
        var finished: [Place] = []
        var seen: Set<Place> = [root]
        var path: [(place: Place, left: [Place])] = [(root, nodes[root].next)]
        while let last = path.last {
            guard let next = last.left.first else {
                finished.append(last.place)
                path.removeLast()
                continue
            }
            path[path.count - 1].left.removeFirst()
            if seen.insert(next).inserted { path.append((next, nodes[next].next)) }
        }
        return finished.reversed()
    }

    /// The instructions of one decision, which begin at its start; at least `size` of them.
    private func emit(_ place: Place, _ starts: [Place: Int], size: Int) -> [FilterInstruction] {
        let start = starts[place] ?? 0
        func distance(_ to: Place, from: Int) -> Int { (starts[to] ?? 0) - from - 1 }
        func jump(_ to: Place, from: Int) -> FilterInstruction {
            FilterInstruction(
                code: FilterInstruction.jump,
                k: UInt32(max(0, distance(to, from: from)))
            )
        }
        switch nodes[place] {
        case .answer(let k): return [FilterInstruction(code: FilterInstruction.answer, k: k)]
        case .load(let k, let then):
            let own = FilterInstruction(code: FilterInstruction.load, k: k)
            return distance(then, from: start) == 0 && size == 1 ? [own] : [own, jump(then, from: start + 1)]
        case .mask(let k, let then):
            let own = FilterInstruction(code: FilterInstruction.mask, k: k)
            return distance(then, from: start) == 0 && size == 1 ? [own] : [own, jump(then, from: start + 1)]
        case .test(let test, let k, let yes, let no):
            let near = size == 1 && max(distance(yes, from: start), distance(no, from: start)) <= 255
            guard !near else {
                return [
                    FilterInstruction(
                        code: test.rawValue,
                        yes: UInt8(distance(yes, from: start)),
                        no: UInt8(distance(no, from: start)),
                        k: k
                    )
                ]
            }
            return [
                FilterInstruction(code: test.rawValue, yes: 0, no: 1, k: k),
                jump(yes, from: start + 1), jump(no, from: start + 2),
            ]
        }
    }
}
