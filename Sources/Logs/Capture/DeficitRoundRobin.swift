// SPDX-License-Identifier: Apache-2.0

/// Whose turn it is: every member that has something gets the same number of bytes a round, so a noisy one
/// cannot starve a quiet one.
///
/// What a turn takes beyond its share is charged to the next.
struct DeficitRoundRobin<Member: Hashable> {
    let quantum: Int
    private var queue: [Member] = []
    private var head = 0
    private var credit: [Member: Int] = [:]

    init(quantum: Int) { self.quantum = quantum }

    var isEmpty: Bool { credit.isEmpty }

    /// A member has something to do; without effect when it is already known to.
    mutating func activate(_ member: Member) {
        guard credit[member] == nil else { return }
        credit[member] = 0
        queue.append(member)
    }

    /// A member has nothing left to do, and saves no credit for later.
    mutating func deactivate(_ member: Member) {
        guard credit.removeValue(forKey: member) != nil else { return }
        if queue[head] == member {
            head += 1
        } else if let index = queue[head...].firstIndex(of: member) {
            queue.remove(at: index)
        }
        compact()
    }

    /// The member whose turn it is, or nil when nobody has anything to do.
    mutating func next() -> Member? {
        while head < queue.count {
            let member = queue[head]
            let left = credit[member] ?? 0
            if left > 0 { return member }
            // The turn is over: share out and go to the end of the queue.
            head += 1
            queue.append(member)
            credit[member] = left + quantum
            compact()
        }
        return nil
    }

    /// A member used some of its turn; at least one byte, so that no turn is endless.
    mutating func charge(_ member: Member, _ bytes: Int) {
        if let left = credit[member] { credit[member] = left - max(bytes, 1) }
    }

    private mutating func compact() {
        guard head > 64, head * 2 > queue.count else { return }
        queue.removeFirst(head)
        head = 0
    }
}
