// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOHTTP1

/// Looks after one connection: a request must come whole in time, and be of a form that has one meaning.
///
/// What does not is answered with 400 and the end of the connection (RFC 9112, sections 3.2 and 11.2). Stands behind the
/// parser, before anyone else sees a request.
final class ConnectionCare: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a connection may be silent, or a head be on its way.
    private static let headTime = TimeAmount.seconds(20)
    /// How long a body may be on its way.
    private static let bodyTime = TimeAmount.seconds(60)
    /// How long we read what nobody wants, so that the client can read our answer.
    private static let lingerTime = TimeAmount.seconds(2)
    /// Its body is what a person types.
    private static let patientPath = "/v1/exec"

    private let connections: Connections
    private let isOurs: Bool
    private var number: Int?
    private var deadline: Scheduled<Void>?
    /// Requests whose answers are not written.
    private var pending = 0
    /// A body is on its way.
    private var isReading = false
    /// Nothing more is read: this answer is the last.
    private var isEnding = false
    /// An answer is on its way of which nobody knows how long it gets.
    private var isStreaming = false
    private var task: Task<Void, Never>?

    /// - Parameters:
    ///   - connections: Those of the listener.
    ///   - isOurs: The other end may do what we may.
    init(_ connections: Connections, isOurs: Bool) {
        (self.connections, self.isOurs) = (connections, isOurs)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        number = connections.open(isOurs: isOurs) { channel.close(promise: nil) }
        limit(Self.headTime, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        deadline?.cancel()
        if let number = number.take() { connections.close(number) }
        if isStreaming { task.take()?.cancel() }
    }

    /// Tells what serves the connection: it is cancelled when the client goes in the midst of a stream.
    ///
    /// What was asked for and has no stream goes on without its client.
    func serve(by task: Task<Void, Never>) {
        if number == nil, isStreaming { task.cancel() } else { self.task = task }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who closes its side only is as good as gone: we could not tell it from one that is.
        if case ChannelEvent.inputClosed = event { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard Self.isPlain(head) else { return refuse(context) }
            pending += 1
            isReading = true
            let isPatient = head.uri.hasPrefix(Self.patientPath)
            if let number, isPatient { connections.set(number, isIdle: false) }
            limit(isPatient ? nil : Self.bodyTime, context)
        case .body: break
        case .end:
            isReading = false
            // Until here it was we who waited, and we do so again if the answer was there before the body.
            if let number { connections.set(number, isIdle: pending == 0) }
            limit(pending == 0 ? Self.headTime : nil, context)
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return context.fireErrorCaught(error) }
        if !isEnding { refuse(context) }
    }

    /// Whether a request can be read in one way only.
    private static func isPlain(_ head: HTTPRequestHead) -> Bool {
        guard head.version == .http1_1, head.headers["Host"].count == 1, head.uri.hasPrefix("/"),
            head.headers["Content-Length"].count <= 1, head.headers["Transfer-Encoding"].count <= 1,
            head.headers["Content-Length"].isEmpty || head.headers["Transfer-Encoding"].isEmpty,
            head.headers["Authorization"].count <= 1
        else { return false }
        if let coding = head.headers.first(name: "Transfer-Encoding"), coding.lowercased() != "chunked" {
            return false
        }
        let place = head.uri.prefix { $0 != "?" }.lowercased()
        return !["%2f", "%5c", "%00", "\\", "#"].contains { place.contains($0) }
            && !place.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isEnding = true
        // Answers go out in order: there is none to this one.
        guard pending == 0 else { return context.close(promise: nil) }
        let headers: HTTPHeaders = ["Connection": "close", "Content-Length": "0"]
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 400 && isReading:
            // What is left of the body is not waited for.
            isEnding = true
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head(let head):
            isStreaming = !head.headers.contains(name: "Content-Length")
            if let number, isStreaming { connections.streams(number) }
            context.write(data, promise: promise)
        case .end:
            pending -= 1
            isStreaming = false
            context.write(data, promise: promise)
            if isEnding { return linger(context) }
            if pending == 0, !isReading {
                if let number { connections.set(number, isIdle: true) }
                limit(Self.headTime, context)
            }
        default: context.write(data, promise: promise)
        }
    }

    private func linger(_ context: ChannelHandlerContext) {
        context.flush()
        context.close(mode: .output, promise: nil)
        limit(Self.lingerTime, context)
    }

    /// Closes the connection after this time, if nothing happens before.
    private func limit(_ time: TimeAmount?, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = time.map { context.eventLoop.scheduleTask(in: $0) { channel.close(promise: nil) } }
    }
}
