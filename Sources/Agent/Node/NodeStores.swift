// SPDX-License-Identifier: Apache-2.0
package import Desired
internal import FoundationEssentials
internal import Glibc
internal import Images
internal import Keys
internal import Linux
package import Objects
internal import Transfer

/// The stores that the node file names.
package struct NodeStores: Sendable {
    /// By their names.
    package let all: [String: any ObjectStore]
    /// What those behind a network were asked.
    let meters: [String: MeasuredStore]

    /// So many calls on one store at once.
    private static let concurrency = 32
    private static let maximumFile = 1 << 20

    /// The stores of these settings; none is asked anything yet.
    ///
    /// - Parameters:
    ///   - settings: By their names.
    ///   - isNoted: Whether what others noted that they do is believed.
    /// - Throws: If one of them cannot be asked at all.
    package init(_ settings: [String: StoreSettings], isNoted: Bool = true) throws {
        // One client for all: they share its thread, and their connections.
        let client = try TransferClient()
        var all: [String: any ObjectStore] = [:], meters: [String: MeasuredStore] = [:]
        func open(_ name: String, _ settings: StoreSettings) throws -> any ObjectStore {
            switch settings {
            case .directory(let path): return DirectoryStore(path: path)
            case .s3(let s3):
                let meter = MeasuredStore(try Self.bucket(s3, client, isNoted))
                meters[name] = meter
                return Self.patient(meter, s3.requirements)
            case .swift(let swift):
                let meter = MeasuredStore(try Self.container(swift, client))
                meters[name] = meter
                return Self.patient(meter, swift.requirements)
            case .sealed(let settings, let keys):
                return SealedStore(try open(name, settings)) { () throws(ObjectError) in
                    try Self.sealingKeys(keys)
                }
            }
        }
        for (name, store) in settings { all[name] = try open(name, store) }
        self.all = all
        self.meters = meters
    }

    /// The keys of these files.
    private static func sealingKeys(_ files: [RegistrySettings.File]) throws(ObjectError) -> SealingKeys {
        var keys: [SealingKey] = []
        for file in files {
            let path: String, bytes: [UInt8]
            do {
                path = try file.place()
                bytes = try read(path)
            } catch {
                throw ObjectError("read", "key of 'encrypt'", .unavailable("\(error)"))
            }
            guard let key = SealingKey(hex: bytes) else {
                let remedy = "has not 64 hexadecimal digits: make one with `openssl rand -hex 32`"
                throw ObjectError("read", path, .refused(remedy))
            }
            keys.append(key)
        }
        return try SealingKeys(keys)
    }

    /// A store behind a network: asked again, by so many at once, and only if it keeps what it must.
    private static func patient(
        _ meter: MeasuredStore,
        _ requirements: Set<StoreSettings.Requirement>
    ) -> any ObjectStore {
        let requirements = requirements.compactMap { StoreRequirement(rawValue: $0.rawValue) }
        return RequiredStore(RetriedStore(LimitedStore(meter, most: concurrency)), Set(requirements))
    }

    private static func bucket(_ settings: StoreSettings.S3, _ client: TransferClient, _ isNoted: Bool) throws
        -> S3Store
    {
        let place = try S3Place(
            endpoint: TransferURL(settings.endpoint),
            bucket: settings.bucket,
            region: settings.region,
            isPathStyle: settings.isPathStyle,
            owner: settings.owner,
            signature: settings.hasOldSignature ? .v2 : .v4
        )
        return S3Store(
            place,
            prefix: settings.prefix,
            isNoted: isNoted,
            client: client,
            keys: AccessKeyCache(keys(settings, client)),
            trust: trust(settings.authorities)
        )
    }

    /// Which servers are believed; the file is read anew each time.
    static func trust(_ authorities: RegistrySettings.File?)
        -> @Sendable () throws(ObjectError) -> TransferTrust
    {
        { () throws(ObjectError) in
            guard let authorities else { return TransferTrust() }
            do { return TransferTrust(authorities: try read(authorities.place())) } catch {
                throw ObjectError("read", "ca", .unavailable("\(error)"))
            }
        }
    }

    private static func keys(_ settings: StoreSettings.S3, _ client: TransferClient) -> any AccessKeySource {
        guard let file = settings.credentials else {
            return AccessKeyChain(
                environment: ProcessInfo.processInfo.environment,
                region: settings.region,
                client: client,
                read: read
            )
        }
        return AccessKeyFile("auth") { try read(try file.place()) }
    }

    /// Tokens of identities are behind links where they are renewed.
    static func read(_ path: String) throws -> [UInt8] {
        try Descriptor.open(path, O_RDONLY | O_NONBLOCK).readAll(limit: maximumFile)
    }
}
