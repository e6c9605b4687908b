// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Transfer

/// A client of registries that speak the OCI distribution specification.
///
/// Its calls block on the network; make them on a thread of your own. Nothing a registry says is believed before
/// its digest was computed here. One client shares its connections, its tokens and what it knows of servers that do not
/// answer among all pulls of a node.
public final class RegistryClient: Sendable {
    let configuration: RegistryConfiguration
    /// Started when it is needed first.
    private let started = Mutex<TransferClient?>(nil)
    /// Values of `Authorization` by what they are good for.
    private let authorizations = Mutex<[String: Authorization]>([:])

    struct Authorization {
        let value: String
        /// Nil is good for ever.
        let end: ContinuousClock.Instant?
    }

    private let now: @Sendable () -> ContinuousClock.Instant

    /// A client; it opens no connection before it is asked for something.
    ///
    /// `now` is the clock by which servers that do not answer are left alone.
    public init(
        _ configuration: RegistryConfiguration = RegistryConfiguration(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.configuration = configuration
        self.now = now
    }

    func transfers() throws(TransferError) -> TransferClient {
        let result: Result<TransferClient, TransferError> = started.withLock { client in
            if let client { return .success(client) }
            return Result { () throws(TransferError) in
                let new = try TransferClient(now: now)
                client = new
                return new
            }
        }
        return try result.get()
    }

    /// What is known for a key, if it still holds for some seconds.
    func authorization(_ key: String) -> String? {
        authorizations.withLock { known in
            guard let found = known[key] else { return nil }
            guard let end = found.end, end < .now + .seconds(5) else { return found.value }
            known[key] = nil
            return nil
        }
    }

    func remember(_ authorization: Authorization, for key: String) {
        authorizations.withLock { known in
            if known.count >= 1000 { known = known.filter { $0.value.end.map { $0 > .now } ?? true } }
            known[key] = authorization
        }
    }

    func forget(_ key: String) { authorizations.withLock { $0[key] = nil } }

    /// What the operator and the user have for a server.
    func credentials(for endpoint: RegistryEndpoint) throws(ImageError) -> Credentials? {
        for path in (endpoint.credentials.map { [$0] } ?? []) + configuration.credentialFiles {
            guard let file = try CredentialFile(path) else {
                if path == endpoint.credentials { throw ImageError("read credentials", path, .absent) }
                continue
            }
            if let found = try file.credentials(for: endpoint.name, endpoint.repository) { return found }
        }
        return nil
    }

    /// One talk with each server that has a repository, in the order in which they are asked.
    func sessions(
        for reference: Reference,
        actions: String = "pull",
        scope: TransferScope,
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(ImageError) -> [RegistrySession] {
        try RegistryEndpoint.all(for: reference, configuration).map {
            RegistrySession(client: self, endpoint: $0, actions: actions, scope: scope, report: report)
        }
    }
}
