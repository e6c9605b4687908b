// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOHTTP1

/// Hands an answer on piece by piece: the socket is read only while somebody waits, so that an agent that sends
/// faster than it is read is held back by the kernel.
///
/// Belongs to the event loop.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias Waiter = EventLoopPromise<HTTPClientResponsePart>

    private let socket: String
    private let isRemote: Bool
    private var context: ChannelHandlerContext?
    private var pieces = CircularBuffer<HTTPClientResponsePart>()
    private var failure: ControlError?
    private var isComplete = false
    private var waiter: Waiter?
    private var deadline: Scheduled<Void>?

    init(socket: String, isRemote: Bool = false) {
        self.socket = socket
        self.isRemote = isRemote
    }

    /// Succeeds the waiter with the next piece; only one waits at a time.
    func next(_ waiter: Waiter) {
        if let piece = pieces.popFirst() {
            waiter.succeed(piece)
        } else if let failure {
            waiter.fail(failure)
        } else if isComplete || self.waiter != nil {
            waiter.fail(ControlError(.failed, "agent", "nothing more is to come"))
        } else {
            self.waiter = waiter
            context?.read()
        }
    }

    /// Gives the answer up if it takes longer than this, or lifts the limit.
    func limit(_ time: Duration?) {
        deadline?.cancel()
        deadline = nil
        guard let time, let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(time)) {
            bound.value.giveUp(
                ControlError(
                    .failed,
                    "agent",
                    "no answer within \(time)",
                    "is it stopped or overloaded? its log says more"
                )
            )
        }
    }

    private func giveUp(_ error: ControlError) {
        failure = failure ?? error
        waiter.take()?.fail(error)
        context?.close(promise: nil)
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        limit(nil)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = unwrapInboundIn(data)
        if case .end = piece { isComplete = true }
        if let waiter = waiter.take() { waiter.succeed(piece) } else { pieces.append(piece) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if waiter != nil { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isComplete else { return context.close(promise: nil) }
        switch error {
        case HTTPParserError.invalidEOFState, is IOError, is ChannelError: giveUp(closed)
        default:
            let what = "the answer is not HTTP: \(error)"
            giveUp(ControlError(.failed, "agent", what, "does another program own \(socket)?"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isComplete { giveUp(closed) }
    }

    private var closed: ControlError {
        ControlError(
            .failed,
            isRemote ? socket : "agent",
            "it closed the connection before its answer was complete",
            // By TLS 1.3 a client learns only so that its certificate was refused.
            isRemote ? "does it take our certificate? else try again" : "try again"
        )
    }
}
