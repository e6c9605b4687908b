// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// What a Swift lets in who shows it, and where that one's containers are.
///
/// Its description, and so a message, has no secret.
public struct SwiftToken: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The value of `X-Auth-Token`.
    public let text: String
    /// The URL of the account: containers are below it.
    public let account: TransferURL
    /// How long it is good for, from when it was had; nil where nobody says.
    public let lasts: Duration?

    /// The account alone.
    public var description: String { "a token for \(account)" }
    /// The account alone.
    public var customMirror: Mirror { Mirror(self, children: ["account": account]) }

    /// Takes what an identity service answered; throws if that can be no token, or must not be shown there.
    init(
        _ text: String?,
        for account: TransferURL,
        lasts: Duration?,
        from service: TransferURL,
        _ call: StoreCall
    ) throws(ObjectError) {
        guard let text, (1...Self.maximumBytes).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw call.error(.unavailable("the answer has no token")) }
        guard account.scheme == "https" || service.scheme != "https" else {
            let reason =
                "the containers are at \(account), and a token that came by https goes by https alone"
            throw call.error(.refused("\(reason): set the address of the service right"))
        }
        self.text = text
        self.account = account
        self.lasts = lasts
    }

    private static let maximumBytes = 16 << 10
}

/// Who gives tokens of a Swift.
public protocol SwiftIdentity: Sendable {
    /// A new token.
    ///
    /// - Parameter scope: Ends it early.
    /// - Returns: The token.
    /// - Throws: If there is none for these credentials (`refused`), or it cannot be had at present (`unavailable`).
    func token(in scope: TransferScope) throws(ObjectError) -> SwiftToken
}

extension TransferURL {
    /// Whether a password can be sent there: by https, or within this machine.
    func keepsSecrets(_ call: StoreCall) throws(ObjectError) {
        guard scheme == "https" || host == "localhost" || AddressRange(host) == .loopback else {
            throw call.error(.refused("a password goes by https alone: use an https:// address"))
        }
    }
}
