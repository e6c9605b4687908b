// SPDX-License-Identifier: Apache-2.0

extension TrustDecoder {
    private static let maximumSigners = 100

    /// The section `trust.signers`: the path of a file of keys for each name.
    static func signers(_ field: Field) -> [String: String] {
        let entries = field.entries()
        guard entries.count <= maximumSigners else {
            field.refuse("more than \(maximumSigners) signers", "put several keys in one file")
            return [:]
        }
        var signers: [String: String] = [:]
        for (name, field) in entries {
            guard Names.resource(name) != nil else {
                field.refuse(
                    "\(Characters.quoted(name)) is not the name of a signer",
                    "use letters, digits, '.', '_' and '-', at most 63 of them"
                )
                continue
            }
            guard let fields = Fields(field, .nodeSigners) else { continue }
            let file = fields.required(
                "ssh_allowed",
                "add for example 'ssh_allowed: /etc/martlet/allowed_signers'"
            )
            // A path that is refused is a problem of its own, not one of whoever names the signer.
            signers[name] = file?.absolutePath() ?? ""
        }
        return signers
    }
}
