// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Transfer

/// Sends packs to a store, a few at a time, each on a thread of its own; whoever has more waits.
final class PackUpload: Sendable {
    private struct State {
        var running = 0
        var packs = 0
        var bytes = 0
        var failure: VolumeError?
        /// Packs that were sent: others take their room.
        var spare: [[UInt8]] = []
    }

    /// So many packs are in memory beside the one that is being filled.
    private static let width = 3
    /// What failed for now is sent again so often.
    private static let attempts = 6

    private let store: any ObjectStore
    private let scope: TransferScope
    private let state = Monitor(State())

    init(to store: any ObjectStore, in scope: TransferScope) {
        self.store = store
        self.scope = scope
    }

    /// Whether something was not sent, which `finish` tells.
    var hasFailed: Bool { state.hold { $0.failure != nil } }

    /// Nothing more is to be sent.
    var isCalledOff: Bool { scope.isCancelled }

    /// Room for a pack, of one that was sent if there is any: new pages of memory cost more than all that is copied.
    func room() -> [UInt8] {
        var room = state.hold { $0.spare.popLast() } ?? []
        room.removeAll(keepingCapacity: true)
        return room
    }

    /// Begins to send a pack; once one has failed, those that follow are dropped: what they are of can still be counted.
    func send(_ pack: [UInt8], named name: PackName) throws(VolumeError) {
        let key = try LogPlace.pack(name)
        let isWanted = state.wait { state -> Bool? in
            if state.failure != nil { return false }
            guard state.running < Self.width else { return nil }
            state.running += 1
            state.packs += 1
            state.bytes += pack.count
            return true
        }
        guard isWanted else { return }
        do throws(LinuxError) {
            try Thread.detach { self.put(pack, at: key) }
        } catch {
            state.change { $0.running -= 1 }
            throw VolumeError("send", key.text, .system(error))
        }
    }

    /// Waits until two packs more can be sent without a wait for the store.
    func makeRoom() { state.wait { $0.running <= Self.width - 2 ? () : nil } }

    /// Waits until the store has all that was sent.
    func finish() throws(VolumeError) -> (packs: Int, bytes: Int) {
        try state.wait { state throws(VolumeError) -> (packs: Int, bytes: Int)? in
            guard state.running == 0 else { return nil }
            if let failure = state.failure { throw failure }
            return (state.packs, state.bytes)
        }
    }

    private func put(_ pack: [UInt8], at key: ObjectKey) {
        var failure: VolumeError?
        Failpoint.volumePackDue.reach()
        for attempt in 1...Self.attempts {
            do throws(ObjectError) {
                try store.put(pack, at: key, in: scope)
                failure = nil
                Failpoint.volumePackSent.reach()
                break
            } catch {
                failure = VolumeError("send", key.text, .store(error))
                guard error.isPassing, scope.wait(for: LeaseTiming().pause(after: attempt)) else { break }
            }
        }
        state.change { [failure] state in
            state.running -= 1
            state.failure = state.failure ?? failure
            state.spare.append(pack)
        }
    }
}

extension ObjectError {
    /// Whether the same may be done later.
    var isPassing: Bool {
        switch cause {
        case .unavailable, .system: true
        case .absent, .outside, .tooLarge, .refused, .cancelled: false
        }
    }
}
