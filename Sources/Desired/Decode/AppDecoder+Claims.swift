// SPDX-License-Identifier: Apache-2.0

extension AppDecoder {
    private static let maximumAudience = 1_000

    /// What the file says of itself under `x-martlet`.
    func claims(_ own: Fields) -> Claims {
        var claims = Claims()
        claims.version = own["version"]?.integer(Claims.versions)
        claims.expires = own["expires"]?.parsed(
            "a time",
            "write for example 2027-01-31, or 2027-01-31T12:00:00Z in UTC"
        ) { UTCTime.seconds($0) }
        guard let field = own["audience"] else { return claims }
        let items = field.itemsOrOne()
        guard items.count <= Self.maximumAudience else {
            field.refuse("more than \(Self.maximumAudience) nodes", "name them by a label, as 'role=web'")
            return claims
        }
        if field.isSequence, items.isEmpty { field.refuse("is empty", "name a node, or remove the key") }
        claims.audience = items.compactMap {
            $0.parsed("a node", "write the name of a node, or a label of nodes as 'role=web'") {
                Audience($0)
            }
        }
        return claims
    }
}
