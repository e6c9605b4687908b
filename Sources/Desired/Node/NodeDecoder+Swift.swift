// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// Beside it is one for the parts of large objects, whose name is so much longer; 256 bytes are allowed.
    private static let maximumContainer = 256 - "_segments".utf8.count

    /// The words of a store that is a container of OpenStack Swift.
    static func swift(_ field: Field) -> StoreSettings? {
        guard let fields = Fields(field, .nodeSwift) else { return nil }
        let example = "https://keystone.example.net/v3"
        let login = fields.required("auth_url", "add for example 'auth_url: \(example)'").flatMap {
            $0.parsed("the address of who gives tokens", "write for example \(example)", storeURL)
        }
        let container = fields.required("container", "add for example 'container: backups'").flatMap {
            $0.parsed("the name of a container", "use letters, digits and '._+=@~-'") { text in
                Characters.isName(text, and: "._+=@~-") && text.utf8.count <= maximumContainer ? text : nil
            }
        }
        guard let login, let container, let version = version(login, fields) else { return nil }
        var swift = StoreSettings.SwiftContainer(login: login, version: version, container: container)
        swift.region = fields["region"].flatMap { field in
            field.parsed("a region", "write for example eu-1") {
                Characters.isName($0, and: "-_.") && $0.utf8.count <= 255 ? $0 : nil
            }
        }
        if let field = fields["interface"] {
            swift.interface =
                field.parsed("an address of a catalog", "use public, internal or admin") {
                    ["public", "internal", "admin"].contains($0) ? $0 : nil
                } ?? swift.interface
        }
        for name in ["region", "interface"] where version == .tempAuth {
            fields[name]?.refuse(
                "means nothing without a catalog",
                "leave it out, or use an address of Keystone"
            )
        }
        if let field = fields["prefix"] {
            swift.prefix =
                field.parsed("what keys begin with", "write for example nodes/seven", storePrefix) ?? ""
        }
        swift.credentials = fields["auth"].flatMap(file)
        if let field = fields["ca"] {
            swift.authorities = file(field)
            if login.hasPrefix("http:") {
                field.refuse("means nothing without TLS", "use an https:// address")
            }
        }
        swift.isMade = fields["create"].flatMap { $0.bool() } ?? false
        if let field = fields["require"] {
            swift.requirements = requirements(field)
            if swift.requirements.contains(.atomicCreate) {
                field.refuse(
                    "atomic-create is not kept by OpenStack Swift",
                    "use another store, or do without it"
                )
            }
        }
        return .swift(swift)
    }

    /// What the end of an address says of who is there.
    private static func version(_ login: String, _ fields: Fields) -> StoreSettings.SwiftContainer.Login? {
        let path = login.hasSuffix("/") ? String(login.dropLast()) : login
        if path.hasSuffix("/v3") { return .keystone }
        if ["/v1.0", "/v1", "/1.0"].contains(where: path.hasSuffix) { return .tempAuth }
        fields["auth_url"]?.refuse(
            "does not say which version is spoken there",
            "use an address that ends with /v3 (Keystone) or /auth/v1.0 (TempAuth, radosgw)"
        )
        return nil
    }
}
