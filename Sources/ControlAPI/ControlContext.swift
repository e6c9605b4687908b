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

        /// Who is at the other end of a unix socket; nil if it is none.
        ///
        /// unix(7): `SO_PEERCRED` gives the caller as it was when it connected.
        static func of(_ channel: any Channel) -> EventLoopFuture<Peer?> {
            guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider
            else {
                return channel.eventLoop.makeSucceededFuture(nil)
            }
            let answer: EventLoopFuture<Peer> = provider.unsafeGetSocketOption(
                level: .socket,
                name: .init(rawValue: SO_PEERCRED)
            )
            // One that cannot be asked is gone, and is nobody.
            return answer.map(Optional.some).recover { _ in Peer(pid: 0, uid: .max, gid: .max) }
        }
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

    /// Has something done when the connection is closed.
    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in body() }
    }

    /// Who is at the other end of the unix socket; nil if it is none.
    func peer() async throws -> Peer? { try await Peer.of(channel).get() }

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
