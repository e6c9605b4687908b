// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
public import Transfer

/// Tokens by the third version of OpenStack's identity service (Identity API v3, `POST /v3/auth/tokens`).
public struct Keystone: SwiftIdentity {
    /// Which of the addresses of the object store is meant.
    public struct Choice: Sendable {
        /// `public`, `internal` or `admin`.
        public var interface: String
        /// Its region; nil where there is one alone.
        public var region: String?

        /// An address for everybody, in the only region.
        public init(interface: String = "public", region: String? = nil) {
            self.interface = interface
            self.region = region
        }
    }

    private let url: TransferURL
    private let choice: Choice
    private let client: TransferClient
    private let source: SwiftCredentialSource
    private let trust: @Sendable () throws(ObjectError) -> TransferTrust

    /// The catalog of a large cloud has some hundred kilobytes.
    private static let maximumAnswer = 4 << 20

    /// - Parameters:
    ///   - url: Whom to ask: `https://HOST/v3`.
    ///   - choice: Which address of the object store is meant.
    ///   - client: Who asks.
    ///   - source: A user's password and a scope, or an application credential.
    ///   - trust: Which servers are believed.
    public init(
        _ url: TransferURL,
        _ choice: Choice = Choice(),
        _ client: TransferClient,
        _ source: SwiftCredentialSource,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust
    ) {
        self.url = url
        self.choice = choice
        self.client = client
        self.source = source
        self.trust = trust
    }

    /// A new token, and the address of the object store in its catalog.
    public func token(in scope: TransferScope) throws(ObjectError) -> SwiftToken {
        let call = StoreCall("log in at", url.description, scope)
        try url.keepsSecrets(call)
        let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        let request = TransferRequest(
            "POST",
            url.at(path: path + "/auth/tokens"),
            fields: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: .bytes(try KeystoneQuestion.json(for: try source.credentials(), call)),
            trust: try trust(),
            limits: .small(Int64(Self.maximumAnswer), within: .seconds(30)),
            redirects: 0
        )
        let transfer = try call.attempt { () throws(TransferError) in try client.send(request, in: scope) }
        let response = transfer.response
        let body = try call.body(of: transfer, limit: Self.maximumAnswer)
        guard response.status == 201 else {
            let message = (try? JSONDecoder().decode(KeystoneRefusal.self, from: Data(body)))?.error.message
            let fault = SwiftFault(response, message: message)
            throw call.error(fault.loginCause, pause: response.retryAfter)
        }
        guard let answer = try? JSONDecoder().decode(KeystoneAnswer.self, from: Data(body)) else {
            throw call.error(.unavailable("the answer is no token of Identity API v3"))
        }
        let address = try answer.token.address(choice, call)
        return try SwiftToken(
            response["x-subject-token"],
            for: try call.attempt { () throws(TransferError) in try TransferURL(address) },
            lasts: answer.token.lasts(at: response.date),
            from: url,
            call
        )
    }
}

/// Why there is no token.
private struct KeystoneRefusal: Decodable {
    struct Reason: Decodable { let message: String }
    let error: Reason
}
