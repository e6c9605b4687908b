// SPDX-License-Identifier: Apache-2.0
public import Desired
public import Images

extension RegistryConfiguration {
    /// What `node.yaml` says about registries, and the credential files that the process has besides.
    ///
    /// Throws when a systemd credential is named and there are none.
    public init(_ settings: NodeSettings) throws {
        self.init()
        credentialFiles = Self.usualCredentialFiles
        registries = try settings.registries.map { node in
            var registry = RegistrySettings(prefix: node.prefix)
            registry.mirrors = node.mirrors
            registry.fallsBack = node.fallsBack
            registry.credentials = try node.auth.map { try $0.path() }
            registry.authorities = try node.authorities.map { try $0.path() }
            registry.security =
                switch node.weakness {
                case nil: .verified
                case .http: .http
                case .unverified: .unverified
                }
            registry.tokenHosts = Set(node.tokenHosts)
            return registry
        }
    }
}
