// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// The role that a cloud gives to this machine, by its metadata (IMDSv2: a token first, so that nobody is sent there).
struct MachineRole {
    let endpoint: String
    let client: TransferClient

    /// The key of the role.
    func key(in scope: TransferScope) throws(ObjectError) -> AccessKey {
        let call = StoreCall("ask", "the metadata of this machine for an access key", scope)
        let lifetime = [("X-aws-ec2-metadata-token-ttl-seconds", "300")]
        let token = try ask("PUT", "/latest/api/token", lifetime, call)
        let proof = [("X-aws-ec2-metadata-token", token)]
        let folder = "/latest/meta-data/iam/security-credentials/"
        let role = try ask("GET", folder, proof, call).split(separator: "\n").first.map(String.init) ?? ""
        guard !role.isEmpty else {
            throw call.error(.refused("it has no role: give it one, or name a key under auth"))
        }
        let text = try ask("GET", folder + TransferURL.encode(role), proof, call)
        guard let key = AccessKeyText.key(Array(text.utf8)) else {
            throw call.error(.unavailable("the answer has no access key"))
        }
        return key
    }

    private func ask(_ method: String, _ path: String, _ fields: [(String, String)], _ call: StoreCall)
        throws(ObjectError) -> String
    {
        let transfer: Transfer
        do throws(ObjectError) {
            transfer = try call.attempt { () throws(TransferError) in
                var limits = TransferLimits.small(64 << 10, within: .seconds(5))
                limits.connect = .seconds(2)
                var request = TransferRequest(
                    method,
                    try TransferURL(endpoint).at(path: path),
                    fields: fields.map { (name: $0.0, value: $0.1) },
                    limits: limits,
                    redirects: 0
                )
                request.hasOwnPace = true
                return try client.send(request, in: call.scope)
            }
        } catch {
            guard error.cause != .cancelled else { throw error }
            throw call.error(
                .unavailable("\(error.reason): name a key under auth if this is no machine of a cloud")
            )
        }
        let body = try call.body(of: transfer, limit: 64 << 10)
        switch transfer.response.status {
        case 200: return String(decoding: body, as: UTF8.self)
        case 404: throw call.error(.refused("it has no role: give it one, or name a key under auth"))
        case let status where transfer.response.isTransient:
            throw call.error(.unavailable("status \(status)"))
        case let status: throw call.error(.refused("status \(status)"))
        }
    }
}
