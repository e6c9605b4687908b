// SPDX-License-Identifier: Apache-2.0

/// Rewrites a filter so that it decides the same in fewer steps.
///
/// Each start pays for a filter's length: the kernel translates it, and follows it once for every call that there is
/// (`seccomp_cache_prepare`). libseccomp has an instruction or two for each call that a profile names, and three for
/// each range of an argument's values. Here the filter is followed once for each range of numbers that it can tell
/// apart, and neighbours that lead to the same become one range, found by halving.
struct FilterCompaction {
    private typealias Place = FilterGraph.Place

    /// A number, and up to where all others pass the tests that it has passed and fail those that it has failed.
    private struct Known {
        var value: UInt32 = 0
        var end: UInt32 = .max

        mutating func lies(in range: ClosedRange<UInt32>) -> Bool {
            if value < range.lowerBound { end = min(end, range.lowerBound - 1) }
            guard range.contains(value) else { return false }
            end = min(end, range.upperBound)
            return true
        }
    }

    /// What the accumulator holds.
    private enum Accumulator {
        case zero, architecture, number
        /// Half of an argument, whole or what a mask left of it.
        case word(mask: UInt32)
        /// Half of an argument that cannot be divided into ranges.
        case unknown
    }

    private let program: [FilterInstruction]
    private var graph = FilterGraph()
    private var architecture = Known()
    private var number = Known()
    private var word = Known()
    /// Where the loads and the tests of what is not known lead, for the present architecture and number.
    private var followed: [Int: Place] = [:]
    /// How many steps may follow, so that no filter takes longer than a few milliseconds.
    private var budget = 300_000

    /// The shorter program, or the same where there is none or an instruction is not understood.
    static func compacted(_ program: [UInt8]) -> [UInt8] {
        let given = FilterInstruction.decode(program)
        var compaction = FilterCompaction(given)
        guard let made = compaction.compact(), made.count < given.count else { return program }
        return made.flatMap(\.bytes)
    }

    private init(_ program: [FilterInstruction]) { self.program = program }

    private mutating func compact() -> [FilterInstruction]? {
        let root = divide(FilterInstruction.architecture, \.architecture) { compaction in
            compaction.divide(FilterInstruction.number, \.number) { compaction in
                compaction.followed = [:]
                return compaction.follow(0, .zero, depth: 0)
            }
        }
        return root.map { graph.instructions(from: $0) }
    }

    /// What the word at an offset leads to, by its ranges; nil if that cannot be told.
    private mutating func divide(
        _ offset: UInt32,
        _ part: WritableKeyPath<Self, Known>,
        by follow: (inout Self) -> Place?
    ) -> Place? {
        let outer = self[keyPath: part]
        defer { self[keyPath: part] = outer }
        var runs: [(first: UInt32, place: Place)] = []
        var next: UInt32? = 0
        while let first = next {
            self[keyPath: part] = Known(value: first)
            guard let place = follow(&self) else { return nil }
            if runs.last?.place != place { runs.append((first, place)) }
            let end = self[keyPath: part].end
            next = end == .max ? nil : end + 1
        }
        let search = search(runs[...])
        return graph.place(.load(offset, then: search))
    }

    private mutating func search(_ runs: ArraySlice<(first: UInt32, place: Place)>) -> Place {
        guard runs.count > 1 else { return runs[runs.startIndex].place }
        let middle = runs.startIndex + runs.count / 2
        let above = search(runs[middle...])
        let below = search(runs[..<middle])
        return graph.place(.test(.atLeast, runs[middle].first, yes: above, no: below))
    }

    /// What the present call leads to from an instruction on; nil if that cannot be told.
    private mutating func follow(_ start: Int, _ holding: Accumulator, depth: Int) -> Place? {
        guard depth < 500 else { return nil }
        var at = start, holding = holding
        while program.indices.contains(at), budget > 0 {
            budget -= 1
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
                let divided = divide(own.k, \.word) { compaction in
                    compaction.follow(at + 1, .word(mask: .max), depth: depth + 1)
                }
                return (divided ?? load(own.k, before: at + 1, depth: depth)).map { remember($0, at) }
            case FilterInstruction.mask where own.k == 0: holding = .zero
            case FilterInstruction.mask:
                switch holding {
                case .word(let mask): holding = .word(mask: mask & own.k)
                case .unknown:
                    guard let then = follow(at + 1, .unknown, depth: depth + 1) else { return nil }
                    return remember(graph.place(.mask(own.k, then: then)), at)
                default: return nil
                }
            default:
                guard let test = FilterInstruction.Test(rawValue: own.code) else { return nil }
                if case .unknown = holding {
                    guard let yes = follow(at + 1 + Int(own.yes), .unknown, depth: depth + 1),
                        let no = follow(at + 1 + Int(own.no), .unknown, depth: depth + 1)
                    else { return nil }
                    return remember(graph.place(.test(test, own.k, yes: yes, no: no)), at)
                }
                guard let holds = answer(test, own.k, holding) else { return nil }
                at += Int(holds ? own.yes : own.no)
            }
            at += 1
        }
        return nil
    }

    private mutating func load(_ offset: UInt32, before at: Int, depth: Int) -> Place? {
        follow(at, .unknown, depth: depth + 1).map { graph.place(.load(offset, then: $0)) }
    }

    private mutating func remember(_ place: Place, _ at: Int) -> Place {
        followed[at] = place
        return place
    }

    /// Whether a test of what is known holds; nil if it holds for no single range.
    private mutating func answer(_ test: FilterInstruction.Test, _ k: UInt32, _ holding: Accumulator) -> Bool?
    {
        let rest: UInt32
        switch holding {
        case .zero: return test.holds(0, k)
        case .word(let mask): rest = ~mask
        default: rest = 0
        }
        // A mask that leaves out low bits alone leaves ranges of equal words.
        guard rest & (rest &+ 1) == 0, rest == 0 || (test == .equal && k & rest == 0),
            let range = test.range(k, rest)
        else { return rest == 0 && test == .greater ? false : nil }
        switch holding {
        case .architecture: return architecture.lies(in: range)
        case .number: return number.lies(in: range)
        default: return word.lies(in: range)
        }
    }
}

extension FilterInstruction.Test {
    /// What passes, if it is one range: a block of `rest` more numbers than one passes the test for equality.
    fileprivate func range(_ k: UInt32, _ rest: UInt32) -> ClosedRange<UInt32>? {
        switch self {
        case .equal: k...(k + rest)
        case .atLeast: k...(.max)
        case .greater: k == .max ? nil : (k + 1)...(.max)
        case .anyBit: nil
        }
    }
}
