// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Transfer

/// An access key that is had anew before it ends, and when the store does not take it any more.
public final class AccessKeyCache: AccessKeySource {
    /// So long before its end a key is had anew.
    private static let margin: Int64 = 300
    /// A key without an end may have been changed in its place after this.
    private static let age = Duration.seconds(60)

    private let keys: CredentialCache<AccessKey>
    private let source: any AccessKeySource

    /// Remembers the keys of a source.
    ///
    /// - Parameters:
    ///   - source: Where they come from.
    ///   - now: Seconds since 1970, which keys end by; nil for the node's.
    ///   - clock: What pauses are measured with; nil for the node's.
    public init(
        _ source: any AccessKeySource,
        now: (@Sendable () -> Int64)? = nil,
        clock: (@Sendable () -> ContinuousClock.Instant)? = nil
    ) {
        self.source = source
        let now: @Sendable () -> Int64 = now ?? { Int64(time(nil)) }
        keys = CredentialCache(now: clock ?? { ContinuousClock.now }) { key, had, instant in
            guard let ends = key.ends else { return instant - had < AccessKeyCache.age ? .fresh : .over }
            let left = ends - now()
            return left > AccessKeyCache.margin ? .fresh : left > 0 ? .aging : .over
        }
    }

    /// The key of now.
    public func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
        let call = StoreCall("read", "the access key", scope)
        return try keys.credential(insteadOf: refused, call) { () throws(ObjectError) in
            try source.key(insteadOf: refused, in: scope)
        }
    }
}

/// An access key in a file or a credential, read anew each time: put it behind `AccessKeyCache`.
public struct AccessKeyFile: AccessKeySource {
    private let name: String
    private let profile: String
    private let read: @Sendable () throws -> [UInt8]

    /// - Parameters:
    ///   - name: What it is called in messages.
    ///   - profile: Which section of a shared credentials file counts.
    ///   - read: Its bytes; throws with the remedy.
    public init(_ name: String, profile: String = "default", read: @escaping @Sendable () throws -> [UInt8]) {
        self.name = name
        self.profile = profile
        self.read = read
    }

    /// The key in it.
    public func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
        let bytes: [UInt8]
        do { bytes = try read() } catch {
            throw ObjectError("read", name, .unavailable("\(error)"))
        }
        guard let key = AccessKeyText.key(bytes, profile: profile) else {
            throw ObjectError(
                "read",
                name,
                .refused(
                    #"has no access key: write {"AccessKeyId": "...", "SecretAccessKey": "..."}, "#
                        + "or a section [\(profile)] as in AWS's credentials file"
                )
            )
        }
        return key
    }
}
