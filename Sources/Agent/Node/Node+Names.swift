// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux
internal import Networks

// The files by which a container knows names: its own, and where to ask for others.

extension Node {
    func files(_ service: Service, _ app: App, hostname: String) async throws -> [ContainerSpec.File] {
        var hosts = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n"
        let full = service.domainName.map { "\(hostname).\($0) " } ?? ""
        if service.networkMode != .networks || !full.isEmpty { hosts += "127.0.1.1 \(full)\(hostname)\n" }
        for extra in service.extraHosts {
            for address in extra.addresses { hosts += "\(address) \(extra.name)\n" }
        }
        return [
            .init("/etc/hosts", hosts), .init("/etc/hostname", hostname + "\n"),
            .init("/etc/resolv.conf", try await resolverConfiguration(service, app)),
        ]
    }

    private func resolverConfiguration(_ service: Service, _ app: App) async throws -> String {
        var lines = try await nameServers(service, app)
        if !service.searchDomains.isEmpty {
            lines.removeAll { $0.hasPrefix("search ") || $0.hasPrefix("domain ") }
            let domains = service.searchDomains.filter { $0 != "." }
            if !domains.isEmpty { lines.append("search \(domains.joined(separator: " "))") }
        }
        if !service.resolverOptions.isEmpty {
            let givesDots = service.resolverOptions.contains { $0.hasPrefix("ndots:") }
            if givesDots { lines.removeAll { $0 == "options ndots:0" } }
            lines.append("options \(service.resolverOptions.joined(separator: " "))")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func nameServers(_ service: Service, _ app: App) async throws -> [String] {
        if !service.dns.isEmpty { return service.dns.map { "nameserver \($0)" } }
        switch service.networkMode {
        case .none: return []
        case .host:
            let bytes = try Descriptor.open("/etc/resolv.conf", O_RDONLY).readAll(limit: 65_536)
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        case .networks:
            let joined = try await joinedNetworks(service, app)
            return joined.first.map { ["nameserver \($0.gateway)", "options ndots:0"] } ?? []
        }
    }
}
