// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// One request and its answer on a connection of their own, which is closed with the last reference.
///
/// The socket is read only while somebody waits, so that an agent that sends faster than it is read is held back by the
/// kernel. What has to wait for it does so on a thread of its own.
final class ControlConnection: Sendable {
    private struct Limit {
        let time: Duration
        let end: ContinuousClock.Instant
    }

    private let socket: Descriptor
    /// Who answers, as an error calls it.
    private let name: String
    private let isRemote: Bool
    /// What the node knows us by; nil where it asks the kernel.
    private let token: String?
    private let answer = Mutex(AnswerParser())
    private let limit: Mutex<Limit?>

    private static let pieceSize = 64 << 10
    private static let moment = Duration.milliseconds(3)

    /// Connects; the deadline also holds for what follows, until it is lifted.
    init(_ place: ControlClient.Place, deadline: Duration?) async throws(ControlError) {
        limit = Mutex(deadline.map { Limit(time: $0, end: .now + $0) })
        name = place.description
        switch place {
        case .socket(let path):
            (token, isRemote) = (nil, false)
            socket = try Self.connect(path)
        case .remote(let node):
            (token, isRemote) = (try await node.readToken(), true)
            do {
                socket = try await Thread.run { try Tunnel.connect(node) }
            } catch {
                throw error as? ControlError ?? ControlError(.failed, node.description, "\(error)")
            }
        }
    }

    private static func connect(_ path: String) throws(ControlError) -> Descriptor {
        do throws(LinuxError) {
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
            return try Descriptor.connect(path, kind: kind)
        } catch {
            throw refusal(error, path)
        }
    }

    /// What follows may take as long as it likes.
    func liftLimit() { limit.withLock { $0 = nil } }

    // MARK: The request

    /// Sends a request: whole with its body, or the head of one whose body follows.
    ///
    /// What fails here fails the answer too, which is waited for; who answers early wants no more.
    func send(_ request: ControlRequest, bodyFollows: Bool = false) async throws(ControlError) {
        let host = isRemote ? name : "martlet"
        var rest = request.bytes(host: host, token: token, bodyFollows: bodyFollows)[...]
        while write(&rest) == EAGAIN {
            if try await wait(for: POLLOUT | POLLIN) & POLLIN != 0 { return }
        }
    }

    /// Sends a piece of the body and waits until the kernel took it; nil is its end.
    func send(_ bytes: [UInt8]?) async throws(ControlError) {
        var rest = ControlRequest.chunk(bytes)[...]
        while let failure = write(&rest) {
            guard failure == EAGAIN else {
                let cause = LinuxError("send", name, errno: failure)
                throw ControlError(.failed, "agent", "it takes no more input: \(cause)")
            }
            // However long: the command reads when it likes.
            _ = try await wait(for: POLLOUT, isLimited: false)
        }
    }

    /// Sends what the kernel takes at once; why it takes no more, nil if it took all.
    private func write(_ rest: inout ArraySlice<UInt8>) -> Int32? {
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(
                    socket.number,
                    $0.baseAddress,
                    $0.count,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
                )
            }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
        }
        return nil
    }

    // MARK: The answer

    /// The next piece of the answer.
    func next() async throws(ControlError) -> AnswerParser.Piece {
        while true {
            do throws(AnswerParser.Fault) {
                if let piece = try answer.withLock({ parser throws(AnswerParser.Fault) in
                    try parser.next()
                }) {
                    return piece
                }
            } catch {
                throw refusal(error)
            }
            try await read()
        }
    }

    /// Reads what is there, or waits for it.
    private func read() async throws(ControlError) {
        var count = 0
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, filled in
            count = recv(socket.number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            failure = errno
            filled = max(0, count)
        }
        if count > 0 { return answer.withLock { $0.append(bytes) } }
        if count < 0, failure == EAGAIN || failure == EINTR {
            _ = try await wait(for: POLLIN)
            return
        }
        // The end, or an error that means no other.
        do throws(AnswerParser.Fault) {
            try answer.withLock { parser throws(AnswerParser.Fault) in try parser.close() }
        } catch {
            throw refusal(error)
        }
    }

    // MARK: Waiting

    /// Waits until the socket is as poll(2) calls it.
    ///
    /// Who is cancelled, or has waited too long, gives the connection up.
    private func wait(for events: Int32, isLimited: Bool = true) async throws(ControlError) -> Int32 {
        let limit = isLimited ? limit.withLock { $0 } : nil
        var found: Int32 = 0
        do {
            // Most answers are there in a moment, which a verb's own thread can wait: another one costs as much.
            let isOffPool = withUnsafeCurrentTask { $0?.unownedTaskExecutor != nil }
            if isOffPool { found = try Self.poll(socket, events, until: .now + Self.moment) }
            if found != 0 { return found }
            found = try await withTaskCancellationHandler {
                try await Thread.run { [socket] in try Self.poll(socket, events, until: limit?.end) }
            } onCancel: {
                giveUp()
            }
        } catch {
            throw ControlError(.failed, "agent", "\(error)")
        }
        guard found == 0, let limit else { return found }
        giveUp()
        throw ControlError(
            .failed,
            "agent",
            "no answer within \(limit.time)",
            "is it stopped or overloaded? its log says more"
        )
    }

    /// What poll(2) finds; 0 once it is late.
    private static func poll(
        _ socket: Descriptor,
        _ events: Int32,
        until end: ContinuousClock.Instant?
    ) throws(LinuxError) -> Int32 {
        while true {
            let left = end.map { max(.zero, ContinuousClock.now.duration(to: $0)) / .milliseconds(1) }
            let timeout = left.map { Int32(min($0.rounded(.up), 1e9)) } ?? -1
            var entry = pollfd(fd: socket.number, events: Int16(events), revents: 0)
            let count = Glibc.poll(&entry, 1, timeout)
            if count > 0 { return Int32(entry.revents) }
            if count == 0 { return 0 }
            guard errno == EINTR else { throw LinuxError("poll", "socket", errno: errno) }
        }
    }

    private func giveUp() { shutdown(socket.number, Int32(SHUT_RDWR)) }

    // MARK: What is wrong

    private func refusal(_ fault: AnswerParser.Fault) -> ControlError {
        switch fault {
        case .malformed(let why):
            ControlError(
                .failed,
                "agent",
                "the answer is not HTTP: \(why)",
                "does another program own \(name)?"
            )
        case .cut:
            ControlError(
                .failed,
                isRemote ? name : "agent",
                "it closed the connection before its answer was complete",
                // By TLS 1.3 a client learns only so that its certificate was refused.
                isRemote ? "does it take our certificate? else try again" : "try again"
            )
        }
    }

    private static func refusal(_ error: LinuxError, _ socket: String) -> ControlError {
        switch error.errno {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            ControlError(
                .unreachable,
                "agent",
                "no agent answers at \(socket)",
                "start `martlet agent`, or give --runtime-dir"
            )
        case EACCES, EPERM:
            ControlError(.failed, "agent", "\(socket) is not open to this user", "run it as root")
        case EAGAIN: ControlError(.failed, "agent", "too many wait at \(socket) already", "try again")
        case ENAMETOOLONG:
            ControlError(
                .invalid,
                "--runtime-dir",
                "\(socket) is longer than 107 bytes",
                "give a shorter one"
            )
        default: ControlError(.failed, "agent", "\(error)")
        }
    }
}
