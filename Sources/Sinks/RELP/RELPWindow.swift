// SPDX-License-Identifier: Apache-2.0

/// Which commands of a session were answered: what is known without a connection.
///
/// Each command has a number from 1 to 999,999,999, after which 1 comes again.
struct RELPWindow {
    static let largestNumber: UInt64 = 999_999_999

    /// Messages of a batch, and which of them need no answer any more, by this session or one before.
    struct Batch: Equatable {
        /// Whether each of its messages was answered, as far as they were sent.
        var isAnswered: [Bool] = []
        /// How many were refused.
        var refused = 0
    }

    private struct Sent {
        var batch: Batch
        /// The serial number of the first message that this session sent.
        let first: UInt64
        /// Which messages this session sent, one after the other.
        var messages: [Int] = []
        var open = 0
    }

    /// The serial number of the next command, which never starts again.
    private var next: UInt64 = 1
    private var sent: [Sent] = []
    /// Commands that were not answered.
    private(set) var open = 0

    init(next: UInt64 = 1) { self.next = next }

    /// The batches that were sent and are not confirmed, the oldest first.
    var batches: [Batch] { sent.map(\.batch) }

    /// The number of a command that is no message.
    mutating func command() -> UInt64 {
        defer { next += 1 }
        return Self.number(next)
    }

    /// Begins a batch, with what is known of it from a session before.
    mutating func begin(_ batch: Batch = Batch()) { sent.append(Sent(batch: batch, first: next)) }

    /// The number for a message of the batch that was begun last; nil if it was answered before.
    ///
    /// Messages are asked for in order, from 0.
    mutating func message(_ index: Int) -> UInt64? {
        guard let last = sent.indices.last else { return nil }
        if index < sent[last].batch.isAnswered.count {
            if sent[last].batch.isAnswered[index] { return nil }
        } else {
            sent[last].batch.isAnswered.append(false)
        }
        sent[last].messages.append(index)
        sent[last].open += 1
        open += 1
        return command()
    }

    /// Notes an answer; false if nothing with this number waits for one.
    mutating func answer(_ number: UInt64, isRefusal: Bool) -> Bool {
        for index in sent.indices {
            let first = Self.number(sent[index].first)
            let offset = Int((number + Self.largestNumber - first) % Self.largestNumber)
            guard offset < sent[index].messages.count else { continue }
            let message = sent[index].messages[offset]
            guard !sent[index].batch.isAnswered[message] else { continue }
            sent[index].batch.isAnswered[message] = true
            sent[index].batch.refused += isRefusal ? 1 : 0
            sent[index].open -= 1
            open -= 1
            return true
        }
        return false
    }

    /// Whether all messages of the oldest batch were answered.
    var isOldestAnswered: Bool { (sent.first?.open ?? 0) == 0 }

    /// Takes the oldest batch away; how many of its messages were refused.
    mutating func confirm() -> Int { sent.isEmpty ? 0 : sent.removeFirst().batch.refused }

    private static func number(_ serial: UInt64) -> UInt64 { (serial - 1) % largestNumber + 1 }
}
