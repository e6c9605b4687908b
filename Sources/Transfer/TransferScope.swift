// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What can be called off together: transfers, and waits between them.
public final class TransferScope: Sendable {
    private struct State {
        var isCancelled = false
        var number = 0
        var ends: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Monitor(State())

    /// A scope that nobody has called off.
    public init() {}

    /// Whether it was called off.
    public var isCancelled: Bool { state.hold { $0.isCancelled } }

    /// Ends everything in it; what begins in it later ends at once.
    public func cancel() {
        let ends = state.change { state in
            state.isCancelled = true
            return state.ends.values
        }
        for end in ends { end() }
    }

    /// Waits; false as soon as it is called off.
    public func wait(for duration: Duration) -> Bool {
        state.wait(for: duration) { $0.isCancelled ? true : nil } == nil
    }

    /// Has `end` called when it is called off; the number takes that back, nil says that it is too late.
    func enter(_ end: @escaping @Sendable () -> Void) -> Int? {
        state.change { state in
            guard !state.isCancelled else { return nil }
            state.number += 1
            state.ends[state.number] = end
            return state.number
        }
    }

    func leave(_ number: Int) { state.change { $0.ends[number] = nil } }
}
