// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Bytes on their way from one thread to another, in order, in a fixed number of blocks.
///
/// One side puts, one side takes. Whoever is ahead waits for the other, so memory is bounded; either side can end
/// it with a failure that the other then meets.
///
/// `@unchecked`: a block's memory, and the length of what is in it, are touched by the one side that the counts give
/// it to.
final class BlockQueue: ByteStream, @unchecked Sendable {
    /// What a thread that waits is told about by the other.
    private struct State {
        /// Blocks that were put and taken, ever; what is between them is full.
        var put = 0
        var taken = 0
        /// Bytes in the block that is being filled.
        var filling = 0
        var isEnded = false
        var failure: ImageError?
        /// What the taker meets once it has taken all that was put.
        var lastFailure: ImageError?
        /// Someone was told that there is no room.
        var wantsRoom = false
    }

    private let count: Int
    private let size: Int
    private let memory: UnsafeMutableRawBufferPointer
    private let lengths: UnsafeMutablePointer<Int>
    private let state = Monitor(State())
    /// A block is out: its memory is the taker's until it asks for the next.
    private var isLent = false
    private let onRoom: (@Sendable () -> Void)?

    /// `onRoom` is called when there is room again after `put` without waiting found none; from any thread, it must
    /// not block.
    init(blocks: Int = 8, of size: Int = 256 << 10, onRoom: (@Sendable () -> Void)? = nil) {
        count = blocks
        self.size = size
        self.onRoom = onRoom
        memory = .allocate(byteCount: blocks * size, alignment: 4096)
        lengths = .allocate(capacity: blocks)
        lengths.initialize(repeating: 0, count: blocks)
    }

    deinit {
        lengths.deallocate()
        memory.deallocate()
    }

    private func block(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = number % count * size
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + size])
    }

    // MARK: The side that puts

    /// Puts a copy of `bytes`; with `wait` it blocks until all found room, else false when they do not all fit now.
    ///
    /// More than all blocks but one hold never fit at once.
    func put(_ bytes: UnsafeRawBufferPointer, wait: Bool) throws(ImageError) -> Bool {
        if !wait {
            let fits = try state.hold { state throws(ImageError) -> Bool in
                if let failure = state.failure { throw failure }
                let room = (count - (state.put - state.taken)) * size - state.filling
                if room < bytes.count { state.wantsRoom = true }
                return room >= bytes.count
            }
            guard fits else { return false }
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            try fill { room in
                let part = rest.prefix(room.count)
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
                rest = rest.dropFirst(part.count)
                return part.count
            }
        }
        return true
    }

    /// Waits for room and lets `body` write there, which tells how many bytes it wrote.
    func fill(
        _ body: (UnsafeMutableRawBufferPointer) throws(ImageError) -> Int
    ) throws(ImageError) {
        let (number, used) = try state.wait { state throws(ImageError) -> (Int, Int)? in
            if let failure = state.failure ?? state.lastFailure { throw failure }
            return state.put - state.taken == count ? nil : (state.put, state.filling)
        }
        let written = try body(UnsafeMutableRawBufferPointer(rebasing: block(number)[used...]))
        let isFull = try state.hold { state throws(ImageError) in
            // Given up meanwhile: the block has gone without this.
            if let failure = state.lastFailure { throw failure }
            state.filling += written
            guard state.filling == size else { return false }
            handOver(&state)
            return true
        }
        // The other side waits for whole blocks: it sleeps on while one fills.
        if isFull { state.wake() }
    }

    /// Tells that nothing follows because the one who puts has given up: what was put before is still taken.
    func giveUp(_ failure: ImageError) {
        state.change { state in
            guard !state.isEnded else { return }
            if state.filling > 0 { handOver(&state) }
            state.lastFailure = failure
            state.isEnded = true
        }
    }

    /// Tells that nothing follows, or that it cannot because of `failure`.
    func end(_ failure: ImageError? = nil) {
        let wasWanted = state.change { state -> Bool in
            if state.filling > 0, failure == nil { handOver(&state) }
            if state.failure == nil { state.failure = failure }
            state.isEnded = true
            // Whoever waits for room comes back, and meets the failure.
            return failure != nil && state.wantsRoom
        }
        if wasWanted { onRoom?() }
    }

    /// Gives the block that is being filled to the other side.
    private func handOver(_ state: inout State) {
        lengths[state.put % count] = state.filling
        state.filling = 0
        state.put += 1
    }

    // MARK: The side that takes

    func next() throws(ImageError) -> UnsafeRawBufferPointer? {
        giveBack()
        let number = try state.wait { state throws(ImageError) -> Int?? in
            if state.put == state.taken, !state.isEnded { return nil }
            if let failure = state.failure { throw failure }
            guard state.put == state.taken else { return .some(state.taken) }
            if let failure = state.lastFailure { throw failure }
            return .some(nil)
        }
        guard let number else { return nil }
        isLent = true
        return UnsafeRawBufferPointer(rebasing: block(number)[..<lengths[number % count]])
    }

    private func giveBack() {
        guard isLent else { return }
        isLent = false
        let isWanted = state.change { state -> Bool in
            state.taken += 1
            defer { state.wantsRoom = false }
            return state.wantsRoom
        }
        if isWanted { onRoom?() }
    }
}
