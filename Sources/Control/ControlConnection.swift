// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One request and its answer on a connection of their own, which is closed with the last reference.
final class ControlConnection: Sendable {
    private struct Opened: Sendable {
        let channel: any Channel
        let handler: NIOLoopBound<AnswerHandler>
    }

    private let channel: any Channel
    private let handler: NIOLoopBound<AnswerHandler>
    /// What the node knows us by; nil where it asks the kernel.
    private let token: String?
    private let host: String

    /// All connections of a program share one thread.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// No head of the agent comes near these.
    private static let headLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 64 * 1024
        limits.maxHeaderFieldCount = 64
        return limits
    }()

    /// Connects; the deadline also holds for what follows, until it is lifted.
    init(_ place: ControlClient.Place, deadline: Duration?) async throws(ControlError) {
        let opened: Opened
        switch place {
        case .socket(let path):
            (token, host) = (nil, "martlet")
            do {
                opened = try await ClientBootstrap(group: Self.group)
                    .channelOption(.autoRead, value: false)
                    .connect(unixDomainSocketPath: path) { Self.prepare($0, path) }
            } catch {
                throw Self.refusal(error, path)
            }
        case .remote(let node):
            (token, host) = (try await Self.token(node), node.description)
            do {
                let socket = try await Thread.run {
                    let tunnel = try Tunnel.connect(node)
                    return try check("fcntl", "tunnel", fcntl(tunnel.number, F_DUPFD_CLOEXEC, 0))
                }
                opened = try await ClientBootstrap(group: Self.group)
                    .channelOption(.autoRead, value: false)
                    .withConnectedSocket(socket) { Self.prepare($0, node.description, isRemote: true) }
            } catch let error as ControlError {
                throw error
            } catch {
                throw ControlError(.failed, node.description, "\(error)")
            }
        }
        channel = opened.channel
        handler = opened.handler
        limit(deadline)
    }

    private static func prepare(
        _ channel: any Channel,
        _ name: String,
        isRemote: Bool = false
    ) -> EventLoopFuture<Opened> {
        channel.eventLoop.makeCompletedFuture {
            let decoder = HTTPResponseDecoder(
                leftOverBytesStrategy: .dropBytes,
                limitConfiguration: Self.headLimits
            )
            let handler = AnswerHandler(socket: name, isRemote: isRemote)
            try channel.pipeline.syncOperations.addHandlers(
                HTTPRequestEncoder(),
                ByteToMessageHandler(decoder),
                NIOHTTPRequestHeadersValidator(),
                handler
            )
            return Opened(
                channel: channel,
                handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
            )
        }
    }

    /// What the file of our token holds; nil if we have none.
    private static func token(_ node: RemoteNode) async throws(ControlError) -> String? {
        guard let path = node.token else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try await Thread.run { try Descriptor.open(path, O_RDONLY).readAll(limit: 4_096) }
        } catch {
            throw ControlError(.invalid, path, "\(error)", "name the file that holds the token")
        }
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ControlError(.invalid, path, "holds no token", "`martlet token new` makes one")
        }
        return token
    }

    deinit { channel.close(promise: nil) }

    /// Gives up if what follows takes longer than this, or lifts the limit.
    func limit(_ time: Duration?) {
        channel.eventLoop.execute { [handler] in handler.value.limit(time) }
    }

    /// Sends a request: whole with its body, or the head of one whose body follows.
    func send(_ request: ControlRequest, bodyFollows: Bool = false) {
        var head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: request.method.rawValue),
            uri: request.target
        )
        head.headers.add(name: "Host", value: host)
        if let token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
        head.headers.add(name: "Connection", value: "close")
        if let signature = request.signature {
            let text = Data(signature).base64EncodedString()
            head.headers.add(name: "Martlet-Signature", value: text)
        }
        if bodyFollows {
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        } else if request.method != .get {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: "\(request.body?.count ?? 0)")
        }
        // What fails here fails the answer too, which is waited for.
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let body = request.body {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        if bodyFollows {
            channel.flush()
        } else {
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
    }

    /// Sends a piece of the body and waits until the kernel took it; nil is its end.
    func send(_ bytes: [UInt8]?) async throws(ControlError) {
        let part =
            bytes.map { HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: $0))) } ?? .end(nil)
        do {
            try await channel.writeAndFlush(part)
        } catch {
            throw ControlError(.failed, "agent", "it takes no more input: \(error)")
        }
    }

    /// The next piece of the answer.
    func next() async throws(ControlError) -> HTTPClientResponsePart {
        let promise = channel.eventLoop.makePromise(of: HTTPClientResponsePart.self)
        channel.eventLoop.execute { [handler] in handler.value.next(promise) }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: { [channel] in
                channel.close(promise: nil)
            }
        } catch let error as ControlError {
            throw error
        } catch {
            throw ControlError(.failed, "agent", "\(error)")
        }
    }

    private static func refusal(_ error: any Error, _ socket: String) -> ControlError {
        switch error {
        case let error as IOError where [ENOENT, ECONNREFUSED, ENOTDIR].contains(error.errnoCode):
            ControlError(
                .unreachable,
                "agent",
                "no agent answers at \(socket)",
                "start `martlet agent`, or give --runtime-dir"
            )
        case let error as IOError where [EACCES, EPERM].contains(error.errnoCode):
            ControlError(.failed, "agent", "\(socket) is not open to this user", "run it as root")
        case let error as IOError where error.errnoCode == EAGAIN:
            ControlError(.failed, "agent", "too many wait at \(socket) already", "try again")
        case SocketAddressError.unixDomainSocketPathTooLong:
            ControlError(
                .invalid,
                "--runtime-dir",
                "\(socket) is longer than 107 bytes",
                "give a shorter one"
            )
        default:
            ControlError(.failed, "agent", "connect to \(socket): \(error)")
        }
    }
}
