// SPDX-License-Identifier: Apache-2.0
public import Desired
public import Images

extension ImageTrust {
    /// The rules with their keys, which are read from their files: blocks.
    ///
    /// - Throws: `ImageError` if a key is not there or no good, with the remedy.
    public func policy() throws(ImageError) -> TrustPolicy {
        var rules: [TrustRule] = []
        for rule in self.rules { rules.append(try Self.loaded(rule)) }
        return TrustPolicy(rules: rules, fallback: try Self.loaded(fallback))
    }

    private static func loaded(_ rule: ImageRule) throws(ImageError) -> TrustRule {
        var keys: [PublicKey] = []
        for path in rule.keys {
            let key = try PublicKey(
                file: path,
                algorithm: rule.algorithm.flatMap { PublicKey.Algorithm(rawValue: $0) }
            )
            guard !keys.contains(where: { $0.fingerprint == key.fingerprint }) else {
                throw ImageError(
                    "read key",
                    path,
                    .malformed("trust.images.\(rule.name) has the same key in another file: remove one")
                )
            }
            keys.append(key)
        }
        return TrustRule(
            name: rule.name,
            prefixes: rule.prefixes,
            denies: rule.denies,
            needsDigest: rule.needsDigest,
            keys: keys,
            threshold: rule.threshold,
            bindsRepository: rule.bindsRepository,
            minimumAge: rule.minimumAge
        )
    }
}
