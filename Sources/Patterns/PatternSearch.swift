// SPDX-License-Identifier: Apache-2.0

/// Searches with one pattern: all its states at once, byte by byte, in room that is reused.
///
/// Belongs to one task or thread.
public final class PatternSearch {
    private let pattern: Pattern
    private let code: UnsafeMutableBufferPointer<Machine.Instruction>
    private let sets: UnsafeMutableBufferPointer<ByteSet>
    private let first: UnsafeMutableBufferPointer<Bool>
    private var current: StateList
    private var following: StateList
    private var stack: [Int] = []
    /// Bytes looked at since it was made: how much work the searches were.
    public private(set) var visited = 0

    /// Searches with this pattern.
    public init(_ pattern: Pattern) {
        self.pattern = pattern
        code = .allocate(capacity: pattern.machine.code.count)
        _ = code.initialize(from: pattern.machine.code)
        sets = .allocate(capacity: max(1, pattern.machine.sets.count))
        _ = sets.initialize(from: pattern.machine.sets)
        first = .allocate(capacity: 256)
        let bytes = pattern.first ?? .all
        _ = first.initialize(from: (UInt8.min...UInt8.max).map(bytes.contains))
        current = StateList(capacity: code.count)
        following = StateList(capacity: code.count)
    }

    deinit {
        code.deallocate()
        sets.deallocate()
        first.deallocate()
        current.deallocate()
        following.deallocate()
    }

    /// Whether some part of a text is as the pattern says.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { firstMatch(in: UnsafeRawBufferPointer($0)) != nil }
    }

    /// The leftmost match that begins at `start` or later; of those that begin there the one that Perl would take.
    public func firstMatch(in text: UnsafeRawBufferPointer, from start: Int = 0) -> Range<Int>? {
        var found: Range<Int>?
        var at = start
        current.clear()
        while true {
            if current.count == 0 {
                if found != nil { break }
                if pattern.first != nil {
                    let before = at
                    while at < text.count, !first[Int(text[at])] { at += 1 }
                    visited += at - before
                    if at == text.count { break }
                }
            }
            if found == nil { add(0, from: at, at, text, to: &current) }
            visited += 1
            following.clear()
            stepping: for index in 0..<current.count {
                let state = current.states[index]
                switch code[state] {
                case .byte(let set):
                    guard at < text.count, sets[set].contains(text[at]) else { continue }
                    add(state + 1, from: current.starts[index], at + 1, text, to: &following)
                case .match:
                    // Whatever comes behind it in the list would be taken less readily.
                    found = current.starts[index]..<at
                    break stepping
                default: continue
                }
            }
            swap(&current, &following)
            if at >= text.count { break }
            at += 1
        }
        return found
    }

    /// Adds a state and all that follow from it without a byte, in the order of preference.
    private func add(
        _ state: Int,
        from start: Int,
        _ at: Int,
        _ text: UnsafeRawBufferPointer,
        to list: inout StateList
    ) {
        stack.append(state)
        while let state = stack.popLast() {
            guard list.insert(state, start) else { continue }
            switch code[state] {
            case .byte, .match: continue
            case .jump(let target): stack.append(target)
            case .split(let one, let other):
                stack.append(other)
                stack.append(one)
            case .assertion(let assertion): if holds(assertion, at, text) { stack.append(state + 1) }
            }
        }
    }

    private func holds(_ assertion: Expression.Assertion, _ at: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        switch assertion {
        case .lineStart: at == 0
        case .lineEnd: at == text.count
        case .wordBoundary: isWord(at - 1, text) != isWord(at, text)
        case .noWordBoundary: isWord(at - 1, text) == isWord(at, text)
        }
    }

    private func isWord(_ at: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        at >= 0 && at < text.count && ByteSet.word.contains(text[at])
    }
}

/// States in the order in which they were reached, each once, with where their match began.
private struct StateList {
    private(set) var count = 0
    let states: UnsafeMutablePointer<Int>
    let starts: UnsafeMutablePointer<Int>
    /// Where each state stands in the list, if it does: what is there is looked at before it is believed.
    private let places: UnsafeMutablePointer<Int>

    init(capacity: Int) {
        states = .allocate(capacity: capacity)
        starts = .allocate(capacity: capacity)
        places = .allocate(capacity: capacity)
        for pointer in [states, starts, places] { pointer.initialize(repeating: 0, count: capacity) }
    }

    func deallocate() {
        for pointer in [states, starts, places] { pointer.deallocate() }
    }

    mutating func clear() { count = 0 }

    mutating func insert(_ state: Int, _ start: Int) -> Bool {
        let place = places[state]
        if place < count, states[place] == state { return false }
        places[state] = count
        states[count] = state
        starts[count] = start
        count += 1
        return true
    }
}
