// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// The words of a store that is a bucket of S3.
    static func s3(_ field: Field) -> StoreSettings? {
        guard let fields = Fields(field, .nodeS3) else { return nil }
        let endpoint = fields.required("endpoint", "add for example 'endpoint: https://s3.example.net'")
            .flatMap {
                $0.parsed("the address of a store", "write for example https://s3.example.net", storeURL)
            }
        let bucket = fields.required("bucket", "add for example 'bucket: node-files'").flatMap {
            $0.parsed(
                "the name of a bucket",
                "use 3 to 63 lower-case letters, digits, '-' and '.', the first and last no sign",
                self.bucket
            )
        }
        guard let endpoint, let bucket else { return nil }
        var s3 = StoreSettings.S3(endpoint: endpoint, bucket: bucket)
        // Those of AWS take the bucket as a name of the host; others have no name for each.
        let host = endpoint.split(separator: "/").dropFirst().first ?? ""
        s3.isPathStyle = fields["path_style"].flatMap { $0.bool() } ?? !host.hasSuffix(".amazonaws.com")
        if let field = fields["region"] {
            s3.region =
                field.parsed("a region", "write for example eu-central-1") {
                    Characters.isName($0, and: "-_") && $0.utf8.count <= 64 ? $0 : nil
                } ?? s3.region
        }
        if let field = fields["prefix"] {
            s3.prefix =
                field.parsed("what keys begin with", "write for example nodes/seven", storePrefix) ?? ""
        }
        s3.credentials = fields["auth"].flatMap(file)
        if let field = fields["ca"] {
            s3.authorities = file(field)
            if endpoint.hasPrefix("http:") {
                field.refuse("means nothing without TLS", "use an https:// address")
            }
        }
        s3.owner = fields["owner"].flatMap { field in
            field.parsed("the number of an account", "write its 12 digits between quotes") { text in
                text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? text : nil
            }
        }
        if let field = fields["signature"] {
            let version = field.parsed(
                "a version of signatures",
                "write v4, or v2 for a store that knows no other"
            ) {
                ["v2", "v4"].contains($0) ? $0 : nil
            }
            s3.hasOldSignature = version == "v2"
        }
        if let field = fields["require"] { s3.requirements = requirements(field) }
        return .s3(s3)
    }

    static func requirements(_ field: Field) -> Set<StoreSettings.Requirement> {
        let all = StoreSettings.Requirement.allCases
        return Set(
            field.items().compactMap { item in
                item.parsed(
                    "what can be required of a store",
                    "use \(all.map(\.rawValue).joined(separator: " or "))"
                ) { StoreSettings.Requirement(rawValue: $0) }
            }
        )
    }

    /// `https://HOST[:PORT][/PATH]`.
    static func storeURL(_ text: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        let parts = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.dropFirst().enumerated().allSatisfy { index, part in
            Characters.isName(String(part), and: "._-") && part != "." && part != ".."
                || part.isEmpty && index == parts.count - 2
        }
        return RepositoryPrefixes.isHost(parts[0]) && isPlain ? text : nil
    }

    private static func bucket(_ text: String) -> String? {
        func isPlain(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        guard (3...63).contains(text.utf8.count), let first = text.utf8.first, let last = text.utf8.last,
            isPlain(first), isPlain(last), !text.contains(".."),
            text.utf8.allSatisfy({ isPlain($0) || $0 == 0x2D || $0 == 0x2E })
        else { return nil }
        return text
    }

    /// With a slash at its end.
    static func storePrefix(_ text: String) -> String? {
        let parts = (text.hasSuffix("/") ? String(text.dropLast()) : text)
            .split(separator: "/", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy { Characters.isName($0, and: "._+=@~-") && $0 != "." && $0 != ".." }
        return isFine && text.utf8.count <= 200 ? parts.joined(separator: "/") + "/" : nil
    }
}
