// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Keeps back the last byte of what is sent until it is let go.
///
/// The server is asked first whether it wants the body (`Expect: 100-continue`, RFC 9110 section 10.1.1), so that it has
/// seen the head when the rest begins, or has had a second for it.
public final class TransferHold: Sendable {
    struct State {
        /// All but the last byte has been given.
        var isReached = false
        /// The answer came, or an error, before it was let go.
        var isOver = false
        var isReleased = false
        var resume: (@Sendable () -> Void)?
    }

    let state = Monitor(State())

    /// Describes a body that is kept back; for one request.
    public init() {}

    /// Waits until all but the last byte is on its way: false if the request is over, or that takes longer than this.
    public func isReached(within patience: Duration) -> Bool {
        state.wait(for: patience) { $0.isReached || $0.isOver ? $0.isReached && !$0.isOver : nil } ?? false
    }

    /// The request is over.
    func end() { state.change { $0.isOver = true } }

    /// Lets the last byte go.
    public func release() {
        let resume = state.hold { state in
            defer { (state.isReleased, state.resume) = (true, nil) }
            return state.resume
        }
        resume?()
    }
}
