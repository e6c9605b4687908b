// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Transfer

/// An access key that is had anew before it ends, and when the store does not take it any more.
public final class AccessKeyCache: AccessKeySource {
    private struct State {
        var key: AccessKey?
        var read = ContinuousClock.now
        var isRenewed = false
    }

    /// So long before its end a key is had anew.
    private static let margin: Int64 = 300
    /// A key without an end may have been changed in its place after this.
    private static let age = Duration.seconds(60)

    private let state = Monitor(State())
    private let source: any AccessKeySource
    private let now: @Sendable () -> Int64

    /// Remembers the keys of a source.
    public init(_ source: any AccessKeySource, now: (@Sendable () -> Int64)? = nil) {
        self.source = source
        self.now = now ?? { Int64(time(nil)) }
    }

    /// The key of now; many who ask at once wait for one answer.
    public func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
        while true {
            if scope.isCancelled { throw ObjectError("read", "the access key", .cancelled) }
            let found = state.wait(for: .milliseconds(100)) { state -> AccessKey?? in
                if let key = state.key, key != refused, isFresh(key, state.read) { return .some(key) }
                guard !state.isRenewed else { return nil }
                state.isRenewed = true
                return .some(nil)
            }
            guard let found else { continue }
            if let found { return found }
            return try renew(insteadOf: refused, in: scope)
        }
    }

    private func renew(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError)
        -> AccessKey
    {
        do throws(ObjectError) {
            let key = try source.key(insteadOf: refused, in: scope)
            state.change { $0 = State(key: key) }
            return key
        } catch {
            let now = now()
            let old = state.change { state in
                state.isRenewed = false
                return state.key
            }
            // It is good for a while yet, and its source may come back.
            if let old, old != refused, let ends = old.ends, ends > now { return old }
            throw error
        }
    }

    private func isFresh(_ key: AccessKey, _ read: ContinuousClock.Instant) -> Bool {
        guard let ends = key.ends else { return ContinuousClock.now - read < Self.age }
        return ends - now() > Self.margin
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
