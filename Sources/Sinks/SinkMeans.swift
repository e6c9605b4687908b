// SPDX-License-Identifier: Apache-2.0
public import Desired
public import Objects
public import Transfer

/// What sinks need of the node that runs them.
public struct SinkMeans: Sendable {
    /// The name of the node.
    public let node: String
    /// For receivers that speak HTTP.
    public let client: TransferClient
    /// The bytes of a file or a credential that `node.yaml` names, read anew at each connection; throws with the
    /// remedy.
    public let read: @Sendable (RegistrySettings.File) throws -> [UInt8]
    /// The stores of `node.yaml`, by their names.
    public let stores: [String: any ObjectStore]

    /// Describes the node to its sinks.
    public init(
        node: String,
        client: TransferClient,
        stores: [String: any ObjectStore] = [:],
        read: @escaping @Sendable (RegistrySettings.File) throws -> [UInt8]
    ) {
        self.node = node
        self.client = client
        self.stores = stores
        self.read = read
    }

    /// What TLS needs, read now: a certificate may have been renewed since the last connection.
    func trust(_ settings: SinkSettings.TLS) throws(SinkError) -> TransferTrust {
        do {
            return TransferTrust(
                authorities: try settings.authorities.map(read),
                isVerified: settings.isVerified,
                identity: try settings.identity.map {
                    TransferTrust.Identity(certificate: try read($0.certificate), key: try read($0.key))
                }
            )
        } catch {
            throw SinkError("read", "the files of TLS", .unavailable("\(error)"))
        }
    }
}
