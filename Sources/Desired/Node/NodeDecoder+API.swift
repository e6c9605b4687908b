// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// A path in `sockaddr_un`, without the NUL: unix(7).
    private static let maximumSocketPath = 107
    private static let maximumSubjects = 100

    /// The section `api`.
    static func api(_ field: Field, signers: Set<String>) -> APISettings {
        var settings = APISettings()
        guard let fields = Fields(field, .nodeAPI) else { return settings }
        settings.socket = fields["socket"].flatMap(socket)
        settings.group = fields["group"].flatMap(group)
        settings.verify = fields["verify"].flatMap { signer($0, signers) }
        let tls = fields["tls"].flatMap(tls)
        if let listen = fields["listen"] {
            if let (address, port) = self.listen(listen), let tls {
                settings.listener = APISettings.Listener(address: address, port: port, tls: tls)
            } else if fields["tls"] == nil, !field.findings.hasProblem(within: field.path / "tls") {
                listen.refuse(
                    "says not what the node proves itself with",
                    "add 'tls: {cert: FILE, key: FILE}'"
                )
            }
        } else {
            for word in ["tls", "tokens", "roles"] {
                fields[word]?.refuse(
                    "means nothing without 'listen'",
                    "add for example 'listen: \"[::]:7443\"'"
                )
            }
        }
        settings.tokens = fields["tokens"].flatMap(file)
        settings.roles = fields["roles"].map(roles) ?? [:]
        let takesCertificates = tls?.clientAuthority != nil
        if let field = fields["roles"], tls != nil, !takesCertificates {
            field.refuse("nobody vouches for clients", "add tls.client_ca")
        }
        if let field = fields["listen"], tls != nil, fields["tokens"] == nil {
            if !takesCertificates {
                field.refuse("nobody could prove who they are", "add tls.client_ca and roles, or tokens")
            } else if fields["roles"] == nil {
                field.refuse("no certificate gives a role", "add for example 'roles: {admin: [OU=ops]}'")
            }
        }
        return settings
    }

    private static func tls(_ field: Field) -> APISettings.TLS? {
        guard let fields = Fields(field, .nodeTLS) else { return nil }
        let certificate = fields.required("cert", "add for example 'cert: cred:api.crt'").flatMap(file)
        let key = fields.required("key", "add for example 'key: cred:api.key'").flatMap(file)
        let authority = fields["client_ca"].flatMap(file), revocations = fields["crl"].flatMap(file)
        if fields["client_ca"] == nil {
            fields["crl"]?.refuse("means nothing without 'client_ca'", "add it, or remove the key")
        }
        guard let certificate, let key else { return nil }
        var tls = APISettings.TLS(certificate: certificate, key: key)
        tls.clientAuthority = authority
        tls.revocations = revocations
        return tls
    }

    /// `ADDRESS:PORT`, an IPv6 address in brackets.
    private static func listen(_ field: Field) -> (IPAddress, UInt16)? {
        field.parsed("an address and a port", "write for example 127.0.0.1:7443 or [::]:7443") { text in
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
                port > 0
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
                guard host.contains(":") else { return nil }
            } else if host.contains(":") {
                return nil
            }
            return IPAddress(String(host)).map { ($0, port) }
        }
    }

    private static func roles(_ field: Field) -> [APISettings.Role: [APISettings.Subject]] {
        guard let fields = Fields(field, .nodeRoles) else { return [:] }
        var roles: [APISettings.Role: [APISettings.Subject]] = [:]
        for role in APISettings.Role.allCases {
            guard let items = fields[role.rawValue]?.items() else { continue }
            if items.count > maximumSubjects {
                items[maximumSubjects].refuse("more than \(maximumSubjects) of them", "give them an OU")
            }
            roles[role] = items.prefix(maximumSubjects).compactMap(subject)
        }
        return roles
    }

    private static func subject(_ field: Field) -> APISettings.Subject? {
        field.parsed("whose certificate", "write CN=NAME or OU=NAME") { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let attribute = APISettings.Subject.Attribute(rawValue: String(parts[0])),
                (1...64).contains(parts[1].unicodeScalars.count),
                parts[1].unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
            else { return nil }
            return APISettings.Subject(attribute, String(parts[1]))
        }
    }

    private static func group(_ field: Field) -> String? {
        field.parsed("the name of a group", "use a group of this host, such as martlet-readers") { text in
            let isName = (1...32).contains(text.utf8.count) && Characters.isName(text, and: "._-")
            return isName ? text : nil
        }
    }

    private static func socket(_ field: Field) -> String? {
        guard let path = field.absolutePath() else { return nil }
        guard path != "/", path.utf8.count <= maximumSocketPath else {
            field.refuse(
                "cannot be the path of a socket",
                "name a file, in at most \(maximumSocketPath) bytes"
            )
            return nil
        }
        return path
    }
}
