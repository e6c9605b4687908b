// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A role that whoever shows a token of an identity provider may have for a while (STS `AssumeRoleWithWebIdentity`).
struct WebIdentity {
    let role: String
    let session: String
    let endpoint: String
    let client: TransferClient

    private static let maximumToken = 20_000

    /// The key of the role.
    func key(showing token: [UInt8], in scope: TransferScope) throws(ObjectError) -> AccessKey {
        let call = StoreCall("assume", role, scope)
        let text = String(decoding: token, as: UTF8.self).filter { !$0.isWhitespace }
        guard (4...Self.maximumToken).contains(text.utf8.count) else {
            throw call.error(.refused("the file of its token has none"))
        }
        let form = S3Signature.query(of: [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", text),
        ])
        let transfer = try call.attempt { () throws(TransferError) in
            let url = try TransferURL(endpoint)
            guard url.scheme == "https" || AddressRange(url.host) == .loopback else {
                throw TransferError("POST", url.description, .security("a token goes over https alone"))
            }
            return try client.send(
                TransferRequest(
                    "POST",
                    url,
                    fields: [("Content-Type", "application/x-www-form-urlencoded")],
                    body: .bytes(Array(form.utf8)),
                    limits: .small(64 << 10, within: .seconds(20)),
                    redirects: 0
                ),
                in: scope
            )
        }
        let body = try call.body(of: transfer, limit: 64 << 10)
        let root = XMLElement.parse(body)
        guard transfer.response.status == 200 else {
            let fault = root?.all("Error").first
            let said = [fault?["Code"], fault?["Message"]].compactMap { $0?.prefix(200) }.joined(
                separator: ": "
            )
            let reason = said.isEmpty ? "status \(transfer.response.status)" : said
            throw call.error(transfer.response.isTransient ? .unavailable(reason) : .refused(reason))
        }
        let words = root?.all("AssumeRoleWithWebIdentityResult").first?.all("Credentials").first
        guard let words, let id = words["AccessKeyId"], let secret = words["SecretAccessKey"],
            let session = words["SessionToken"], let ends = words["Expiration"].flatMap(S3Page.seconds),
            let key = AccessKeyText.checked(id, secret, session: session, ends: ends)
        else { throw call.error(.unavailable("the answer has no access key")) }
        return key
    }
}
