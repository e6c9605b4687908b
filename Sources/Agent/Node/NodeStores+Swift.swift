// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Images
internal import Objects
internal import Transfer

extension NodeStores {
    /// A container of OpenStack Swift, and who opens it.
    static func container(
        _ settings: StoreSettings.SwiftContainer,
        _ client: TransferClient
    ) throws -> SwiftStore {
        let trust = trust(settings.authorities), url = try TransferURL(settings.login)
        let source = credentials(settings.credentials)
        let identity: any SwiftIdentity =
            switch settings.version {
            case .keystone:
                Keystone(
                    url,
                    Keystone.Choice(interface: settings.interface, region: settings.region),
                    client,
                    source,
                    trust: trust
                )
            case .tempAuth: TempAuth(url, client, source, trust: trust)
            }
        return SwiftStore(
            settings.container,
            prefix: settings.prefix,
            makesContainer: settings.isMade,
            client: client,
            identity: identity,
            trust: trust
        )
    }

    /// Those of a file, or of the agent's environment.
    private static func credentials(_ file: RegistrySettings.File?) -> SwiftCredentialSource {
        guard let file else {
            return SwiftCredentialSource("the environment") {
                SwiftCredentials(environment: ProcessInfo.processInfo.environment)
            }
        }
        return SwiftCredentialSource("auth") { SwiftCredentials(json: try read(try file.place())) }
    }
}
