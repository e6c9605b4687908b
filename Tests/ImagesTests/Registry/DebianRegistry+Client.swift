// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import TestKit
internal import Transfer

@testable internal import Images

extension DebianRegistry {
    /// A client that knows what is to be known of it.
    func client(_ change: (inout RegistryConfiguration) -> Void = { _ in }) -> RegistryClient {
        var configuration = RegistryConfiguration()
        var settings = RegistrySettings(prefix: name)
        if kind == .tls { settings.authorities = .path(authority) } else { settings.security = .http }
        configuration.registries = [settings]
        configuration.credentialFiles = [credentials]
        configuration.retry.attempts = 2
        change(&configuration)
        return RegistryClient(configuration)
    }
}
