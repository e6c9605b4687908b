// SPDX-License-Identifier: Apache-2.0
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOSSL

/// A connection that speaks HTTP/1.1, inside TLS if the listener does, with the certificate that is right when it comes.
struct ControlChannel: ServerChildChannel {
    /// A connection, and who looks after it.
    struct Value: ServerChildChannelValue {
        let base: HTTP1Channel.Value
        let care: NIOLoopBound<ConnectionCare>
        var channel: any Channel { base.channel }
    }

    private let base: HTTP1Channel
    private let connections: Connections
    private let identity: Watched<TLSIdentity>?

    init(
        responder: @escaping HTTPChannelHandler.Responder,
        connections: Connections,
        identity: Watched<TLSIdentity>? = nil
    ) {
        let limits = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16 << 10,
            maxHeaderListSize: 64 << 10,
            maxHeaderFieldCount: 100
        )
        base = HTTP1Channel(responder: responder, configuration: .init(httpDecoderConfiguration: limits))
        self.connections = connections
        self.identity = identity
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            guard let identity else { return }
            guard let identity = identity.value else { throw ChannelError.eof }
            try channel.pipeline.syncOperations.addHandler(identity.handler())
        }.flatMap {
            guard identity != nil else { return channel.eventLoop.makeSucceededVoidFuture() }
            // Who listens to events and is gone without a word is found out.
            return channel.setOption(.socketOption(.so_keepalive), value: 1)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMap { value in
            ControlContext.Peer.of(channel).map { (value, $0?.isOurs == true) }
        }.flatMapThrowing { value, isOurs in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            let care = ConnectionCare(connections, isOurs: isOurs)
            try pipeline.addHandler(care, position: .before(codec))
            return Value(base: value, care: NIOLoopBound(care, eventLoop: channel.eventLoop))
        }
    }

    func handle(value: Value, logger: Logger) async {
        // Not a child of the caller's: it can be cancelled alone.
        let task = Task { await base.handle(value: value.base, logger: logger) }
        value.channel.eventLoop.execute { value.care.value.serve(by: task) }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
