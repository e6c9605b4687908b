// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// What convinces a server.
extension RegistrySession {
    /// The largest token that is taken, and the largest answer that holds one.
    private static let maximumToken = 64 << 10
    private static let maximumAnswer: Int64 = 1 << 20

    /// Answers the challenge of a 401.
    func authorize(_ response: TransferResponse) throws(RegistryFailure) -> RegistryClient.Authorization {
        let challenges = AuthChallenge.all(in: response.all("www-authenticate"))
        let credentials = try finally { () throws(ImageError) in try client.credentials(for: endpoint) }
        if let challenge = challenges.first(where: { $0.scheme == "bearer" }) {
            return try token(challenge, credentials, address: response.address)
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            throw refused("it wants a proof that we do not know: only Bearer and Basic are spoken")
        }
        guard let basic = credentials?.basic else {
            throw refused("it wants a user name and a password: put them into a credential file")
        }
        return RegistryClient.Authorization(value: basic, end: nil)
    }

    private func refused(_ why: String) -> RegistryFailure {
        RegistryFailure(ImageError("authenticate to", endpoint.name, .unsupported(why)))
    }

    /// A token from the service that the registry names.
    private func token(
        _ challenge: AuthChallenge,
        _ credentials: Credentials?,
        address: String?
    ) throws(RegistryFailure) -> RegistryClient.Authorization {
        guard let text = challenge.parameters["realm"] else { throw refused("it names no token service") }
        let realm = try finally { () throws(ImageError) in
            try TokenRealm(text, of: endpoint, address: address)
        }
        let usable = realm.isTrusted ? credentials : nil
        let request = request(realm, challenge.parameters["service"], usable)
        let transfer: Transfer
        do throws(TransferError) {
            transfer = try client.transfers().send(request, in: scope)
        } catch {
            throw RegistryFailure("get a token from", error)
        }
        guard transfer.response.status == 200 else {
            let status = transfer.response.status
            let hint =
                credentials != nil && usable == nil
                ? "; it got no password or token, for it is not the registry's host: name \(realm.url.authority) in 'token_hosts' if it may"
                : ""
            throw RegistryFailure(
                ImageError(
                    "get a token from",
                    "\(realm.url)",
                    .registry(status: status, RegistryMessage.read(transfer) + hint)
                ),
                isTransient: transfer.response.isTransient,
                retryAfter: transfer.response.retryAfter
            )
        }
        return try read(try readAll(transfer), from: realm)
    }

    private func request(
        _ realm: TokenRealm,
        _ service: String?,
        _ credentials: Credentials?
    ) -> TransferRequest {
        let service = service.map { [(name: "service", value: $0)] } ?? []
        let wanted =
            ["repository:\(endpoint.repository):\(actions)"] + others.map { "repository:\($0):pull" }
        let parameters = service + wanted.map { (name: "scope", value: $0) }
        let isOwn = realm.url.host == endpoint.base.host
        var request = TransferRequest(
            "GET",
            realm.url.adding(parameters),
            authorization: credentials?.basic,
            trust: isOwn ? endpoint.trust : TransferTrust(),
            limits: .small(Self.maximumAnswer),
            ranges: realm.ranges,
            redirects: 0
        )
        if case .refreshToken(let token) = credentials {
            let form =
                service + [
                    (name: "scope", value: wanted.joined(separator: " ")),
                    (name: "grant_type", value: "refresh_token"), (name: "client_id", value: "martlet"),
                    (name: "refresh_token", value: token),
                ]
            let text = form.map { TransferURL.encode($0.name) + "=" + TransferURL.encode($0.value) }
            request.method = "POST"
            request.url = realm.url
            request.body = .bytes(Array(text.joined(separator: "&").utf8))
            request.fields = [("Content-Type", "application/x-www-form-urlencoded")]
        }
        return request
    }

    private func read(_ bytes: [UInt8], from realm: TokenRealm) throws(RegistryFailure)
        -> RegistryClient.Authorization
    {
        let answer = try finally { () throws(ImageError) in
            try Document.decode(Answer.self, from: bytes, "read the token of", "\(realm.url)")
        }
        let token = answer.token ?? answer.access_token ?? ""
        guard !token.isEmpty, token.utf8.count <= Self.maximumToken,
            token.utf8.allSatisfy({ (0x21...0x7E) ~= $0 })
        else { throw refused("its token service gives no token, or one that is none") }
        // The specification's 60 s if it does not say.
        let seconds = min(max(answer.expires_in ?? 60, 1), 86_400)
        return RegistryClient.Authorization(value: "Bearer " + token, end: .now + .seconds(seconds))
    }

    // Named as in the answer.
    private struct Answer: Decodable {
        var token: String?
        var access_token: String?
        var expires_in: Int64?
    }
}
