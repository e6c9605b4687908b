// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird
internal import Images
internal import Keys

/// Finds out who makes a request.
struct Gate: Sendable {
    let settings: APISettings
    /// What may be shown; nil if the node takes no tokens.
    let tokens: Watched<TokenFile>?
    /// What the listener proves itself with, and who vouches for clients; nil without one.
    let identity: Watched<TLSIdentity>?
    /// Whether a second since 1970 has come.
    let hasPassed: @Sendable (Int64) async throws -> Bool

    init(_ node: NodeSettings, hasPassed: @escaping @Sendable (Int64) async throws -> Bool) throws {
        self.hasPassed = hasPassed
        let settings = node.api
        self.settings = settings
        // Who wakes a source proves it by a secret of its own.
        let takesOthers = settings.tokens != nil || node.sources.contains { $0.hook != nil }
        tokens = try settings.tokens.map { file in
            let path = try file.place()
            return Watched([path]) { try TokenFile(try KeyFile.read(path, limit: TokenFile.maximumBytes)) }
        }
        identity = try settings.listener.map { listener in
            let files = try TLSIdentity.Files(listener.tls)
            return Watched(files.all) { try TLSIdentity(files, takesOthers: takesOthers) }
        }
    }

    /// Who makes a request; one who proves nothing is unknown.
    ///
    /// - Throws: `ControlError` if what they show is no proof.
    func caller(of request: Request, _ context: ControlContext) async throws -> Caller {
        if let peer = try await context.peer() {
            // The socket's mode says who else can open it: the members of the group.
            return Caller(
                name: "uid \(peer.uid) pid \(peer.pid)",
                role: peer.isOurs ? .admin : settings.group == nil ? nil : .read,
                account: peer.isOurs ? nil : "uid \(peer.uid)"
            )
        }
        if let shown = request.headers[.authorization] { return try await bearer(shown) }
        guard let chain = try await context.certificates() else { return .unknown }
        return try certified(chain)
    }

    private func bearer(_ shown: String) async throws -> Caller {
        let words = shown.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0].lowercased() == "bearer",
            let token = tokens?.value?.token(String(words[1])), try await holds(token)
        else {
            throw ControlError(
                .unauthenticated,
                "token",
                "is not one that this node takes",
                "it may have expired"
            )
        }
        return Caller(proof: "token \(token.name)", role: token.role)
    }

    /// Whether a token is not over; one that was seen to be so is, whatever the clock says later.
    private func holds(_ token: TokenFile.Token) async throws -> Bool {
        guard let end = token.end else { return true }
        return try await !hasPassed(end)
    }

    /// What it was at the handshake may be revoked by now.
    private func certified(_ chain: [[UInt8]]) throws -> Caller {
        guard let authority = identity?.value?.authority else { return .unknown }
        let subject: ClientAuthority.Subject
        do { subject = try authority.subject(of: chain) } catch {
            throw ControlError(.unauthenticated, "certificate", "\(error)", "use one that is valid")
        }
        return Caller(proof: "certificate \(subject)", role: role(of: subject))
    }

    private func role(of subject: ClientAuthority.Subject) -> APISettings.Role? {
        let names =
            subject.commonNames.map { APISettings.Subject(.commonName, $0) }
            + subject.units.map { APISettings.Subject(.organizationalUnit, $0) }
        return APISettings.Role.allCases.last {
            !(settings.roles[$0] ?? []).allSatisfy { !names.contains($0) }
        }
    }
}
