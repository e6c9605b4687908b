// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Transfer

/// A server that has a repository: the registry itself or a mirror.
struct RegistryEndpoint: Sendable {
    /// `https://HOST[:PORT][/PATH]`.
    let base: TransferURL
    /// The path of the repository there.
    let repository: String
    let trust: TransferTrust
    /// The file of the operator's settings with its user names.
    let credentials: String?
    /// Hosts that may see them besides its own.
    let tokenHosts: Set<String>
    /// What credential files call it.
    let name: String

    /// All servers of a repository, in the order in which they are asked.
    static func all(
        for reference: Reference,
        _ configuration: RegistryConfiguration
    ) throws(ImageError) -> [RegistryEndpoint] {
        let settings = configuration.settings(for: reference.name)
        var endpoints: [RegistryEndpoint] = []
        for mirror in settings?.mirrors ?? [] {
            let url = try read(mirror)
            var own = configuration.settings(for: url.authority)
            if own?.prefix == settings?.prefix { own = nil }
            let path = String(url.path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
            endpoints.append(
                try RegistryEndpoint(
                    url,
                    path.isEmpty ? reference.repository : path + "/" + reference.repository,
                    url.authority,
                    own
                )
            )
        }
        guard endpoints.isEmpty || settings?.fallsBack != false else { return endpoints }
        return endpoints + [try origin(of: reference, settings)]
    }

    /// The registry itself.
    static func origin(
        of reference: Reference,
        _ settings: RegistrySettings?
    ) throws(ImageError) -> RegistryEndpoint {
        let host = reference.registry == "docker.io" ? "registry-1.docker.io" : reference.registry
        let scheme = settings?.security == .http ? "http" : "https"
        return try RegistryEndpoint(
            try read("\(scheme)://\(host)"),
            reference.repository,
            reference.registry,
            settings
        )
    }

    private init(
        _ url: TransferURL,
        _ repository: String,
        _ name: String,
        _ settings: RegistrySettings?
    ) throws(ImageError) {
        base = url.at(path: "/v2/")
        self.repository = repository
        self.name = name
        credentials = try settings?.credentials?.place()
        var hosts = Set(settings?.tokenHosts ?? [])
        if name == "docker.io" { hosts.insert("auth.docker.io") }
        tokenHosts = hosts
        let authorities = try settings?.authorities?.place()
        trust = TransferTrust(
            authorities: try authorities.map { path throws(ImageError) in
                try attempt("read", path) { () throws(LinuxError) in
                    try Descriptor.open(path, O_RDONLY | O_NOCTTY).readAll(limit: 4 << 20)
                }
            },
            isVerified: settings?.security != .unverified
        )
    }

    /// Where something of the repository is.
    func url(_ path: String) -> TransferURL { base.at(path: "/v2/\(repository)/\(path)") }

    private static func read(_ text: String) throws(ImageError) -> TransferURL {
        do throws(TransferError) {
            return try TransferURL(text)
        } catch {
            throw ImageError("find registry", text, .transfer(error))
        }
    }
}
