// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Hummingbird
internal import NIOCore
internal import NIOSSL

/// What a request comes with: the connection, and who calls once that is known.
struct ControlContext: RequestContext {
    /// The process at the other end of the unix socket.
    struct Peer: Sendable {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0

        /// Whether it may do what we may.
        var isOurs: Bool { uid == 0 || uid == geteuid() }
    }

    var coreContext: CoreRequestContextStorage
    /// Who calls; set before a route's action runs.
    var who = Caller.unknown
    /// What the action does, for the audit.
    let deed = Deed()
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who calls, for the record.
    var caller: String { who.name }

    /// Who is at the other end of the unix socket; nil if it is none.
    ///
    /// unix(7): `SO_PEERCRED` gives the caller as it was when it connected.
    func peer() async -> Peer? {
        guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider
        else {
            return nil
        }
        let answer: EventLoopFuture<Peer> = provider.unsafeGetSocketOption(
            level: .socket,
            name: .init(rawValue: SO_PEERCRED)
        )
        // One that cannot be asked is gone, and is nobody.
        return (try? await answer.get()) ?? Peer(pid: 0, uid: .max, gid: .max)
    }

    /// The certificates that the client showed, in DER, its own first; nil if it showed none.
    ///
    /// A session that is taken up again brings the first alone.
    func certificates() async throws -> [[UInt8]]? {
        if let chain = try await channel.nioSSL_peerValidatedCertificateChain().get() {
            return try chain.map { try $0.toDERBytes() }
        }
        guard let one = try await channel.nioSSL_peerCertificate().get() else { return nil }
        return [try one.toDERBytes()]
    }
}
