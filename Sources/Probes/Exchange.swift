// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// One question on its way: a connection and what is said over it, all of it without waiting.
struct Exchange {
    private enum Phase {
        /// Its sockets are being opened.
        case opening
        case connecting
        case talking
    }

    let number: UInt64
    let deadline: ContinuousClock.Instant
    let reply: @Sendable (ProbeAnswer) -> Void
    private var dialogue: any Dialogue
    private var phase = Phase.opening
    private var approaches: ArraySlice<Approach> = []
    private var unsent: ArraySlice<UInt8> = []

    init(
        _ number: UInt64,
        _ question: Question,
        deadline: ContinuousClock.Instant,
        reply: @escaping @Sendable (ProbeAnswer) -> Void
    ) {
        self.number = number
        self.deadline = deadline
        self.reply = reply
        dialogue = question.dialogue
    }

    /// What it waits for; nil while it has no socket.
    var interest: (socket: Int32, events: Int32)? {
        guard let approach = approaches.first else { return nil }
        switch phase {
        case .opening: return nil
        case .connecting: return (approach.socket.number, POLLOUT)
        case .talking: return (approach.socket.number, unsent.isEmpty ? POLLIN : POLLIN | POLLOUT)
        }
    }

    /// Its sockets are open: goes on with the first that connects.
    mutating func begin(_ approaches: [Approach]) -> ProbeAnswer? {
        self.approaches = approaches[...]
        return connect(.failure("the container has no address to ask"))
    }

    /// Why it is over when its time is.
    var timeout: ProbeAnswer {
        switch phase {
        case .opening: .failure("its socket could not be reached in time")
        case .connecting: .failure("no connection in time")
        case .talking: .failure("no answer in time")
        }
    }

    /// Does what its socket is ready for; the answer once it is over.
    mutating func proceed() -> ProbeAnswer? {
        guard let approach = approaches.first else { return nil }
        switch phase {
        case .opening: return nil
        case .connecting:
            let cause = approach.outcome()
            return cause == 0 ? connected() : refused(cause)
        case .talking: return send() ?? receive(approach)
        }
    }

    private mutating func connect(_ last: ProbeAnswer) -> ProbeAnswer? {
        guard let approach = approaches.first else { return last }
        phase = .connecting
        switch approach.connect() {
        case 0: return connected()
        case EINPROGRESS: return nil
        case let cause: return refused(cause)
        }
    }

    /// Tries the next way.
    private mutating func refused(_ cause: Int32) -> ProbeAnswer? {
        guard let approach = approaches.popFirst() else { return nil }
        let why = LinuxError("connect", approach.name, errno: cause).description
        // That of the first way says most.
        let last = firstFailure ?? .failure(why)
        firstFailure = last
        return connect(last)
    }

    private var firstFailure: ProbeAnswer?

    private mutating func connected() -> ProbeAnswer? {
        phase = .talking
        unsent = dialogue.opening[...]
        if unsent.isEmpty, case .done(let answer) = dialogue.take([]) { return answer }
        return send()
    }

    private mutating func send() -> ProbeAnswer? {
        guard let socket = approaches.first?.socket, !unsent.isEmpty else { return nil }
        let count = unsent.withUnsafeBytes {
            Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 {
            unsent = unsent.dropFirst(count)
            return nil
        }
        let cause = errno
        if cause == EAGAIN || cause == EINTR { return nil }
        unsent = []
        // What it said before it hung up may be read still.
        return nil
    }

    private mutating func receive(_ approach: Approach) -> ProbeAnswer? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(approach.socket.number, &buffer, buffer.count, 0)
        if count < 0 {
            let cause = errno
            if cause == EAGAIN || cause == EINTR { return nil }
            return .failure(LinuxError("recv", approach.name, errno: cause).description)
        }
        guard count > 0 else { return .failure("the server hung up before it had answered") }
        switch dialogue.take(Array(buffer.prefix(count))) {
        case .done(let answer): return answer
        case .proceed(let more):
            unsent += more
            return send()
        }
    }
}
