// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What shows a store who asks: had anew before it ends, and when the store does not take it any more.
final class CredentialCache<Credential: Equatable & Sendable>: Sendable {
    /// How good it is still.
    enum Age { case fresh, aging, over }

    private struct State {
        /// The last one, and when it was asked for.
        var known: (credential: Credential, had: ContinuousClock.Instant)?
        var isRenewed = false
        /// After a failure nobody tries again before that, while what is known is good for a while yet.
        var nextAttempt: ContinuousClock.Instant?
        var pause = Duration.seconds(5)
    }

    private let state = Monitor(State())
    private let now: @Sendable () -> ContinuousClock.Instant
    private let age:
        @Sendable (_ credential: Credential, _ had: ContinuousClock.Instant, _ now: ContinuousClock.Instant)
            -> Age

    /// Remembers nothing yet; `age` tells how good one is that was asked for at a time.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        age:
            @escaping @Sendable (
                _ credential: Credential, _ had: ContinuousClock.Instant, _ now: ContinuousClock.Instant
            ) -> Age
    ) {
        self.now = now
        self.age = age
    }

    /// The one of now; many who ask at once wait for one answer, or go on with what is good for a while yet.
    ///
    /// - Parameters:
    ///   - refused: The one that the store does not take any more.
    ///   - call: What it is for.
    ///   - renew: Has another one.
    /// - Returns: The one that is known, or another.
    /// - Throws: What `renew` throws, unless the one that is known is good for a while yet.
    func credential(
        insteadOf refused: Credential?,
        _ call: StoreCall,
        renew: () throws(ObjectError) -> Credential
    ) throws(ObjectError) -> Credential {
        while true {
            try call.check()
            // Nobody wakes it when the scope is called off.
            let found = state.wait(for: .milliseconds(100)) { state -> Credential?? in
                if let known = state.known, known.credential != refused {
                    let now = now()
                    let isPaused = state.isRenewed || state.nextAttempt.map { now < $0 } ?? false
                    switch age(known.credential, known.had, now) {
                    case .fresh: return .some(known.credential)
                    case .aging where isPaused: return .some(known.credential)
                    case .aging, .over: break
                    }
                }
                guard !state.isRenewed else { return nil }
                state.isRenewed = true
                return .some(nil)
            }
            guard let found else { continue }
            if let found { return found }
            return try renewed(insteadOf: refused, renew)
        }
    }

    private func renewed(insteadOf refused: Credential?, _ renew: () throws(ObjectError) -> Credential)
        throws(ObjectError) -> Credential
    {
        let start = now()
        do throws(ObjectError) {
            let credential = try renew()
            state.change { $0 = State(known: (credential: credential, had: start)) }
            return credential
        } catch {
            let now = now()
            let good = state.change { state -> Credential? in
                state.isRenewed = false
                guard let known = state.known, known.credential != refused,
                    age(known.credential, known.had, now) != .over
                else { return nil }
                // Who gives them may come back, and is not waited for by each request until then.
                state.nextAttempt = now + state.pause
                state.pause = min(state.pause * 2, .seconds(60))
                return known.credential
            }
            if let good { return good }
            throw error
        }
    }
}
