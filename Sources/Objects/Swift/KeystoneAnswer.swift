// SPDX-License-Identifier: Apache-2.0

/// What the identity service says of a token.
struct KeystoneAnswer: Decodable {
    struct Endpoint: Decodable {
        let interface: String
        let region: String?
        let url: String

        enum CodingKeys: String, CodingKey {
            case interface, url
            /// `region` is its older name.
            case region = "region_id"
        }
    }

    struct Service: Decodable {
        let type: String
        let endpoints: [Endpoint]
    }

    struct Token: Decodable {
        let expires: String
        /// A token without a scope has none.
        let catalog: [Service]?

        enum CodingKeys: String, CodingKey {
            case catalog
            case expires = "expires_at"
        }
    }

    let token: Token
}

extension KeystoneAnswer.Token {
    /// How long it is good for by the server's clock; nil where that cannot be said.
    func lasts(at date: Int64?) -> Duration? {
        guard let date, let end = S3Page.seconds(expires) else { return nil }
        return .seconds(max(0, end - date))
    }

    /// The address of the object store.
    func address(_ choice: Keystone.Choice, _ call: StoreCall) throws(ObjectError) -> String {
        let all = (catalog ?? []).filter { $0.type == "object-store" }.flatMap(\.endpoints)
        guard !all.isEmpty else {
            throw call.error(.refused("the catalog has no object-store: see to the project under auth"))
        }
        let open = all.filter { $0.interface == choice.interface }
        guard !open.isEmpty else {
            throw call.error(
                .refused(
                    "the object-store has no \(choice.interface) address: set interface: \(Self.list(all.map(\.interface)))"
                )
            )
        }
        let near = open.filter { choice.region == nil || $0.region == choice.region }
        guard let first = near.first, near.allSatisfy({ $0.url == first.url }) else {
            let regions = Self.list(open.compactMap(\.region))
            let reason = choice.region.map { "the object-store is not in region \($0)" }
            throw call.error(
                .refused("\(reason ?? "the object-store is in several regions"): set region: \(regions)")
            )
        }
        return first.url
    }

    /// Some words of a catalog, which may be long and have anything in it.
    private static func list(_ words: [String]) -> String {
        let plain = Set(words).sorted().prefix(8).map { word in
            String(
                word.unicodeScalars.prefix(40).map {
                    $0.properties.generalCategory == .control ? "?" : Character($0)
                }
            )
        }
        return plain.joined(separator: " or ")
    }
}
