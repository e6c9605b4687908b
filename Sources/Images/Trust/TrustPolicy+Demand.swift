// SPDX-License-Identifier: Apache-2.0

extension TrustPolicy {
    /// What must hold for an image: the rule of its prefix, and with `verify` the rule of that name as well.
    struct Demand {
        let base: TrustRule
        let named: TrustRule?

        var rules: [TrustRule] { named.map { [base, $0] } ?? [base] }
        /// The rule that a verdict is told to be by.
        var chief: TrustRule { named ?? base }
        /// Names all that is demanded.
        var digest: Digest {
            guard let named else { return base.digest }
            return Digest(of: Array("\(base.digest)\n\(named.digest)".utf8))
        }
    }

    /// What must hold for an image.
    ///
    /// Throws `refused` if there is no rule of the name, or one without a key.
    func demand(on reference: Reference, verify: String?) throws(ImageError) -> Demand {
        let base = rule(for: reference)
        guard let verify, verify != base.name || base.keys.isEmpty else {
            return Demand(base: base, named: nil)
        }
        guard let named = (rules + [fallback]).first(where: { $0.name == verify }) else {
            throw ImageError(
                "judge",
                "\(reference)",
                .refused(
                    TrustRefusal(
                        rule: verify,
                        why: "the node has no such rule",
                        remedy: "add it to trust.images of node.yaml"
                    )
                )
            )
        }
        guard !named.keys.isEmpty else {
            throw named.refusal(of: reference, "it verifies no signature", "give it a cosign_key")
        }
        return Demand(base: base, named: named)
    }
}
