// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
package import Objects
internal import Transfer

/// Makes the store that settings tell of.
package enum LazyStore {
    /// So many calls on a store at once.
    private static let concurrency = 8
    private static let maximumFile = 1 << 20

    /// The store; `environment` is where AWS's tools find their keys.
    package static func make(_ settings: LazySettings.Store, environment: [String: String]) throws
        -> any ObjectStore
    {
        switch settings {
        case .directory(let path): return DirectoryStore(path: path)
        case .s3(let bucket):
            let client = try TransferClient(), authorities = bucket.authorities
            let place = try S3Place(
                endpoint: TransferURL(bucket.endpoint),
                bucket: bucket.bucket,
                region: bucket.region,
                isPathStyle: bucket.isPathStyle,
                owner: bucket.owner
            )
            let keys: any AccessKeySource =
                switch bucket.key {
                case .fixed(let key): key
                case .file(let path): AccessKeyCache(AccessKeyFile("auth") { try read(path) })
                case .chain:
                    AccessKeyCache(
                        AccessKeyChain(
                            environment: environment,
                            region: bucket.region,
                            client: client,
                            read: read
                        )
                    )
                }
            let store = S3Store(
                place,
                prefix: bucket.prefix,
                client: client,
                keys: keys,
                trust: { () throws(ObjectError) in
                    guard let authorities else { return TransferTrust() }
                    do { return TransferTrust(authorities: try read(authorities)) } catch {
                        throw ObjectError("read", "ca", .unavailable("\(error)"))
                    }
                }
            )
            return LimitedStore(store, most: concurrency)
        }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        try Descriptor.open(path, O_RDONLY | O_NONBLOCK).readAll(limit: maximumFile)
    }
}
