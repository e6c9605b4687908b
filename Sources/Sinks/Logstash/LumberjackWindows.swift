// SPDX-License-Identifier: Apache-2.0

/// Windows that were sent and what the receiver has confirmed of them: in order, each event by event.
struct LumberjackWindows {
    /// A receiver that answers what makes no sense.
    struct Flaw: Error, Equatable { let text: String }

    /// How many windows of each batch are not confirmed.
    private var batches: [Int] = []
    /// How many events each of them has.
    private var windows: [UInt32] = []
    /// How many events of the first are confirmed.
    private(set) var progress: UInt32 = 0

    /// Whether anything is not confirmed.
    var isDue: Bool { !windows.isEmpty }
    /// Whether the oldest batch is confirmed.
    var isOldestDone: Bool { batches.first == 0 }

    /// A batch was sent.
    mutating func add(_ sizes: [UInt32]) {
        batches.append(sizes.count)
        windows += sizes
    }

    /// The oldest batch is confirmed, and known to be.
    mutating func removeOldest() { batches.removeFirst() }

    /// Takes the acknowledgements that have come whole, and says whether there was one.
    ///
    /// One of 0, or of what was confirmed before, says that the receiver lives.
    mutating func take(_ bytes: inout [UInt8]) throws(Flaw) -> Bool {
        var index = 0
        while bytes.count - index >= 6 {
            guard bytes[index] == UInt8(ascii: "2"), bytes[index + 1] == UInt8(ascii: "A") else {
                throw Flaw(text: "it said what is no acknowledgement")
            }
            let count = bytes[index + 2..<index + 6].reduce(0) { $0 << 8 | UInt32($1) }
            index += 6
            try take(count)
        }
        bytes.removeFirst(index)
        return index > 0
    }

    private mutating func take(_ count: UInt32) throws(Flaw) {
        guard count > 0 else { return }
        guard let first = windows.first, count <= first else {
            throw Flaw(text: "it acknowledged \(count) events, of \(windows.first ?? 0)")
        }
        guard count == first else {
            progress = max(progress, count)
            return
        }
        windows.removeFirst()
        progress = 0
        if let place = batches.firstIndex(where: { $0 > 0 }) { batches[place] -= 1 }
    }
}
