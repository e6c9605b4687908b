// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Hummingbird
internal import NIOCore

/// What a request comes with: the connection, which says who calls.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who is at the other end of the unix socket, for the record.
    ///
    /// unix(7): `SO_PEERCRED` gives the caller as it was when it connected.
    var caller: String {
        get async {
            struct Credentials {
                var pid: Int32 = 0
                var uid: UInt32 = 0
                var gid: UInt32 = 0
            }
            guard let provider = channel as? any SocketOptionProvider else { return "unknown" }
            let answer: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
                level: .socket,
                name: .init(rawValue: SO_PEERCRED)
            )
            // A socket of another family has no such option.
            guard let found = try? await answer.get() else { return "unknown" }
            return "uid \(found.uid) pid \(found.pid)"
        }
    }
}
