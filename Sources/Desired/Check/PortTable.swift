// SPDX-License-Identifier: Apache-2.0

/// The host ports that an app's services take.
struct PortTable {
    private var owners: [PortKey: String] = [:]
    /// By wildcard: who took the port on any address of the version.
    private var versions: [PortKey: String] = [:]

    /// Takes a port; gives the service that has it, or one that cannot be had beside it.
    mutating func take(_ key: PortKey, for service: String) -> String? {
        let wildcard = key.wildcard
        let owner = key == wildcard ? versions[wildcard] : owners[key] ?? owners[wildcard]
        owners[key] = owners[key] ?? service
        versions[wildcard] = versions[wildcard] ?? service
        return owner
    }
}
