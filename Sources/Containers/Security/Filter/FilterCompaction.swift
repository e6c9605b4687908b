// SPDX-License-Identifier: Apache-2.0

/// Rewrites a filter so that it decides the same in fewer steps.
///
/// Each start pays for a filter's length: the kernel translates it, and follows it once for every call that there is
/// (`seccomp_cache_prepare`). libseccomp has an instruction or two for each call that a profile names; here neighbours
/// that lead to the same are one range, found by halving. What looks at arguments stays as it was.
struct FilterCompaction {
    private typealias Place = FilterGraph.Place

    /// What the accumulator holds.
    private enum Accumulator { case zero, number, architecture, unknown }

    private let program: [FilterInstruction]
    private var graph = FilterGraph()
    /// Architectures that the filter asks for.
    private var architectures: [UInt32] = []
    /// Of the call that is being followed.
    private var number: UInt32 = 0
    private var architecture: UInt32 = 0
    private var followed: [Int: Place] = [:]

    /// The shorter program, or the same where there is none or an instruction is not understood.
    static func compacted(_ program: [UInt8]) -> [UInt8] {
        let given = FilterInstruction.decode(program)
        var compaction = FilterCompaction(given)
        guard let made = compaction.compact(), made.count < given.count else { return program }
        return made.flatMap(\.bytes)
    }

    private init(_ program: [FilterInstruction]) { self.program = program }

    private mutating func compact() -> [FilterInstruction]? {
        let numbers = program.filter { FilterInstruction.Test(rawValue: $0.code) != nil }.map(\.k)
        // Between two of these nothing can tell one call from another.
        let borders = Set([0] + numbers + numbers.compactMap { $0 == .max ? nil : $0 + 1 }).sorted()
        let constants = Set(numbers)
        guard
            let other = (0...UInt32(constants.count)).lazy.map({ UInt32.max - $0 })
                .first(where: { !constants.contains($0) })
        else { return nil }
        guard var root = decide(borders, of: other) else { return nil }
        var next = 0
        while next < architectures.count {
            guard let own = decide(borders, of: architectures[next]) else { return nil }
            root = graph.place(.test(.equal, architectures[next], yes: own, no: root))
            next += 1
        }
        if next > 0 { root = graph.place(.load(FilterInstruction.architecture, then: root)) }
        return graph.instructions(from: root)
    }

    /// What the calls of an architecture lead to.
    private mutating func decide(_ borders: [UInt32], of architecture: UInt32) -> Place? {
        self.architecture = architecture
        var runs: [(first: UInt32, place: Place)] = []
        for border in borders {
            number = border
            followed = [:]
            guard let place = follow(0, .zero, depth: 0) else { return nil }
            if runs.last?.place != place { runs.append((border, place)) }
        }
        guard runs.count > 1 else { return runs.first?.place }
        let search = search(runs[...])
        return graph.place(.load(FilterInstruction.number, then: search))
    }

    private mutating func search(_ runs: ArraySlice<(first: UInt32, place: Place)>) -> Place {
        guard runs.count > 1 else { return runs[runs.startIndex].place }
        let middle = runs.startIndex + runs.count / 2
        let above = search(runs[middle...])
        let below = search(runs[..<middle])
        return graph.place(.test(.atLeast, runs[middle].first, yes: above, no: below))
    }

    /// What the call that is being followed leads to from an instruction on; nil if that cannot be told.
    private mutating func follow(_ start: Int, _ holding: Accumulator, depth: Int) -> Place? {
        guard depth < 1_000 else { return nil }
        var at = start, holding = holding
        while program.indices.contains(at) {
            if case .unknown = holding, let place = followed[at] { return place }
            let own = program[at]
            switch own.code {
            case FilterInstruction.answer: return graph.place(.answer(own.k))
            case FilterInstruction.jump: at += Int(own.k)
            case FilterInstruction.load where own.k == FilterInstruction.number: holding = .number
            case FilterInstruction.load where own.k == FilterInstruction.architecture:
                holding = .architecture
            case FilterInstruction.load:
                if let place = followed[at] { return place }
                guard let then = follow(at + 1, .unknown, depth: depth + 1) else { return nil }
                return remember(at, .load(own.k, then: then))
            case FilterInstruction.mask where own.k == 0: holding = .zero
            case FilterInstruction.mask:
                guard case .unknown = holding, let then = follow(at + 1, .unknown, depth: depth + 1) else {
                    return nil
                }
                return remember(at, .mask(own.k, then: then))
            default:
                guard let test = FilterInstruction.Test(rawValue: own.code) else { return nil }
                guard case .unknown = holding else {
                    guard let holds = answer(test, own.k, holding) else { return nil }
                    at += Int(holds ? own.yes : own.no)
                    break
                }
                guard let yes = follow(at + 1 + Int(own.yes), .unknown, depth: depth + 1),
                    let no = follow(at + 1 + Int(own.no), .unknown, depth: depth + 1)
                else { return nil }
                return remember(at, .test(test, own.k, yes: yes, no: no))
            }
            at += 1
        }
        return nil
    }

    private mutating func remember(_ at: Int, _ node: FilterGraph.Node) -> Place {
        let place = graph.place(node)
        followed[at] = place
        return place
    }

    /// Whether a test of what is known holds.
    private mutating func answer(_ test: FilterInstruction.Test, _ k: UInt32, _ holding: Accumulator) -> Bool?
    {
        switch (holding, test) {
        case (.zero, _): return test.holds(0, k)
        case (.number, .equal), (.number, .greater), (.number, .atLeast): return test.holds(number, k)
        case (.architecture, .equal):
            if !architectures.contains(k) { architectures.append(k) }
            return architecture == k
        default: return nil
        }
    }
}
