// SPDX-License-Identifier: Apache-2.0

/// A token that is had anew before it ends, and when the store does not take it any more.
struct SwiftTokenCache: Sendable {
    /// So long before its end a token is had anew, but not in the first half of its time.
    private static let margin = Duration.seconds(300)

    private let tokens: CredentialCache<SwiftToken>
    private let identity: any SwiftIdentity

    init(_ identity: any SwiftIdentity, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.identity = identity
        tokens = CredentialCache(now: now) { token, had, now in
            guard let lasts = token.lasts else { return .fresh }
            if now < had + max(lasts / 2, lasts - Self.margin) { return .fresh }
            return now < had + lasts ? .aging : .over
        }
    }

    /// The token of now.
    func token(insteadOf refused: SwiftToken?, _ call: StoreCall) throws(ObjectError) -> SwiftToken {
        try tokens.credential(insteadOf: refused, call) { () throws(ObjectError) in
            try identity.token(in: call.scope)
        }
    }
}
