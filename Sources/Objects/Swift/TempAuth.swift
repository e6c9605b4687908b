// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// Tokens by the first version of Swift's own protocol, as its TempAuth and Ceph's radosgw have it.
public struct TempAuth: SwiftIdentity {
    private let url: TransferURL
    private let client: TransferClient
    private let source: SwiftCredentialSource
    private let trust: @Sendable () throws(ObjectError) -> TransferTrust

    /// - Parameters:
    ///   - url: Whom to ask: `https://HOST/auth/v1.0`.
    ///   - client: Who asks.
    ///   - source: `username` and `password`; they stand in the head of a request.
    ///   - trust: Which servers are believed.
    public init(
        _ url: TransferURL,
        _ client: TransferClient,
        _ source: SwiftCredentialSource,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust
    ) {
        self.url = url
        self.client = client
        self.source = source
        self.trust = trust
    }

    /// A token; the same one again as long as the server has it.
    public func token(in scope: TransferScope) throws(ObjectError) -> SwiftToken {
        let call = StoreCall("log in at", url.description, scope)
        try url.keepsSecrets(call)
        let credentials = try source.credentials()
        guard let user = credentials["username"], let password = credentials["password"] else {
            throw call.error(.refused("the credentials under auth have no username and password"))
        }
        let request = TransferRequest(
            "GET",
            url,
            fields: [("X-Auth-User", user), ("X-Auth-Key", password)],
            trust: try trust(),
            limits: .small(64 << 10, within: .seconds(30)),
            redirects: 0
        )
        let transfer = try call.attempt { () throws(TransferError) in try client.send(request, in: scope) }
        let response = transfer.response
        transfer.drain()
        guard (200...204).contains(response.status) else {
            let fault = SwiftFault(response)
            throw call.error(fault.loginCause, pause: response.retryAfter)
        }
        guard let text = response["x-storage-url"] else {
            throw call.error(.unavailable("the answer does not say where the containers are"))
        }
        return try SwiftToken(
            response["x-auth-token"],
            for: try call.attempt { () throws(TransferError) in try TransferURL(text) },
            lasts: response["x-auth-token-expires"].flatMap { UInt32($0) }.map { .seconds(Int64($0)) },
            from: url,
            call
        )
    }
}
