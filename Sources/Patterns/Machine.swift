// SPDX-License-Identifier: Apache-2.0

/// An expression as instructions: the automaton of Thompson, one state an instruction.
struct Machine: Sendable {
    enum Instruction: Sendable {
        /// Goes on with the next if the byte is in this set.
        case byte(set: Int)
        /// Goes on with both; rather with the first.
        case split(Int, Int)
        case jump(Int)
        case assertion(Expression.Assertion)
        case match
    }

    private(set) var code: [Instruction] = []
    private(set) var sets: [ByteSet] = []
    private var indexes: [ByteSet: Int] = [:]
    private let limit: Int

    init(_ expression: Expression, limit: Int) throws(PatternError) {
        self.limit = limit
        try compile(expression)
        try emit(.match)
        indexes = [:]
    }

    private mutating func emit(_ instruction: Instruction) throws(PatternError) {
        guard code.count < limit else {
            throw PatternError("is too large: more than \(limit) states", "use fewer or smaller repeats")
        }
        code.append(instruction)
    }

    private mutating func compile(_ expression: Expression) throws(PatternError) {
        switch expression {
        case .nothing: break
        case .byte(let set):
            let index = indexes[set] ?? sets.count
            if index == sets.count {
                sets.append(set)
                indexes[set] = index
            }
            try emit(.byte(set: index))
        case .sequence(let items):
            for item in items { try compile(item) }
        case .either(let items): try either(items)
        case .repeated(let item, let least, let most, let isGreedy):
            try repeated(item, least, most, isGreedy)
        case .assertion(let assertion): try emit(.assertion(assertion))
        }
    }

    private mutating func either(_ items: [Expression]) throws(PatternError) {
        var ends: [Int] = []
        for item in items.dropLast() {
            let split = code.count
            try emit(.split(split + 1, 0))
            try compile(item)
            ends.append(code.count)
            try emit(.jump(0))
            code[split] = .split(split + 1, code.count)
        }
        if let last = items.last { try compile(last) }
        for end in ends { code[end] = .jump(code.count) }
    }

    private mutating func repeated(_ item: Expression, _ least: Int, _ most: Int?, _ isGreedy: Bool)
        throws(PatternError)
    {
        func split(_ inner: Int, _ outer: Int) -> Instruction {
            isGreedy ? .split(inner, outer) : .split(outer, inner)
        }
        for _ in 0..<least { try compile(item) }
        guard let most else {
            let start = code.count
            try emit(split(0, 0))
            try compile(item)
            try emit(.jump(start))
            code[start] = split(start + 1, code.count)
            return
        }
        var exits: [Int] = []
        for _ in least..<most {
            exits.append(code.count)
            try emit(split(0, 0))
            try compile(item)
        }
        for exit in exits { code[exit] = split(exit + 1, code.count) }
    }

    /// What can be reached without a byte, if every assertion holds: the bytes that a match can begin with, and
    /// whether it can be empty.
    var beginning: (bytes: ByteSet, canBeEmpty: Bool) {
        var bytes = ByteSet(), canBeEmpty = false
        var seen = Set<Int>(), waiting = [0]
        while let state = waiting.popLast() {
            guard seen.insert(state).inserted else { continue }
            switch code[state] {
            case .byte(let set): bytes = bytes.union(sets[set])
            case .split(let one, let other): waiting += [one, other]
            case .jump(let target): waiting.append(target)
            case .assertion: waiting.append(state + 1)
            case .match: canBeEmpty = true
            }
        }
        return (bytes, canBeEmpty)
    }
}
