// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

/// A token that is had anew before it ends, and when the store does not take it any more.
final class SwiftTokenCache: Sendable {
    private struct State {
        var token: SwiftToken?
        /// When to have another, and when it is over.
        var renewal: ContinuousClock.Instant?
        var end: ContinuousClock.Instant?
        var isRenewed = false
    }

    /// So long before its end a token is had anew, but not in the first half of its time.
    private static let margin = Duration.seconds(300)

    private let state = Monitor(State())
    private let identity: any SwiftIdentity
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ identity: any SwiftIdentity, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.identity = identity
        self.now = now
    }

    /// The token of now; many who ask at once wait for one answer.
    func token(insteadOf refused: SwiftToken?, _ call: StoreCall) throws(ObjectError) -> SwiftToken {
        while true {
            try call.check()
            // Nobody wakes it when the scope is called off.
            let found = state.wait(for: .milliseconds(100)) { state -> SwiftToken?? in
                if let token = state.token, token != refused, state.renewal.map({ now() < $0 }) ?? true {
                    return .some(token)
                }
                guard !state.isRenewed else { return nil }
                state.isRenewed = true
                return .some(nil)
            }
            guard let found else { continue }
            if let found { return found }
            return try renew(insteadOf: refused, call)
        }
    }

    private func renew(insteadOf refused: SwiftToken?, _ call: StoreCall) throws(ObjectError) -> SwiftToken {
        let start = now()
        do throws(ObjectError) {
            let token = try identity.token(in: call.scope)
            state.change { state in
                state = State(token: token)
                guard let lasts = token.lasts else { return }
                state.end = start + lasts
                state.renewal = start + max(lasts / 2, lasts - Self.margin)
            }
            return token
        } catch {
            let old = state.change { state in
                state.isRenewed = false
                return state.end.map { now() < $0 } ?? false ? state.token : nil
            }
            // It is good for a while yet, and who gives them may come back.
            if let old, old != refused { return old }
            throw error
        }
    }
}
