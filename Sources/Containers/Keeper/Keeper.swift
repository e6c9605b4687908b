// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
public import Linux
internal import Synchronization

/// A connection to a `martlet-keeper`, the process that owns the containers.
///
/// One thread reads replies; callers suspend until theirs comes. When the connection ends every waiting call
/// throws `keeperGone` and `exits` finishes: connect again.
public final class Keeper: Sendable {
    /// A container between PREPARE and RELEASE: everything is made, nothing of the tenant has run.
    public struct Prepared: Sendable {
        /// Its pid on the host.
        public let pid: Int32
        /// A stable handle to that process.
        public let pidfd: Descriptor
        /// What the launch program exported: the network namespace, for a container that has its own.
        public let exports: [Descriptor]
    }

    /// What the keeper knows of a container.
    public struct Entry: Sendable, Equatable {
        /// Where a container is in its life.
        public enum State: Sendable, Equatable {
            /// Made or being made, not released.
            case prepared
            /// Running its own program.
            case running
            /// Ended, with its exit code, or 128 plus the signal; nil when it could not be learned.
            case exited(Int32?)
        }
        /// The id it was prepared under.
        public let id: String
        /// Its pid on the host, or -1 if it was gone before the keeper could ask.
        public let pid: Int32
        /// Where it is in its life.
        public let state: State
    }

    private struct Reply {
        var head: martlet_reply
        var entries: [Entry] = []
        var descriptors: [Descriptor] = []
    }

    private struct State {
        var serial: UInt32 = 0
        var waiting: [UInt32: CheckedContinuation<Reply, any Error>] = [:]
        var entries: [UInt32: [Entry]] = [:]
        var ended = false
    }

    /// Containers that end, as the keeper reaps them.
    public let exits: AsyncStream<Entry>
    /// The keeper's pid.
    public let pid: Int32
    private let line: Line

    /// Connects to the keeper that serves a runtime folder.
    ///
    /// Throws `ENOENT` or `ECONNREFUSED` if none does.
    public static func connect(runtimeDirectory: String) async throws -> Keeper {
        let folder = try Descriptor.open(runtimeDirectory, O_DIRECTORY | MARTLET_O_PATH)
        let socket = try Descriptor.connect(
            "/proc/self/fd/\(folder.number)/keeper.sock",
            kind: Int32(SOCK_SEQPACKET.rawValue)
        )
        // The first exchange is by hand: it tells whether there is a protocol to share.
        var hello = martlet_request()
        hello.kind = UInt16(MARTLET_HELLO.rawValue)
        hello.value = UInt64(MARTLET_KEEPER_VERSION)
        try withUnsafeBytes(of: &hello) { bytes in
            _ = try check(
                "sendmsg",
                "keeper",
                martlet_send_descriptors(socket.number, bytes.baseAddress, bytes.count, nil, 0)
            )
        }
        var answer: Reply
        repeat {  // a container's end may be told before the answer; the list that follows tells it again
            guard let reply = try Line.receive(socket) else {
                throw ContainerError(step: "connect", runtimeDirectory, cause: .keeperGone)
            }
            answer = reply
        } while answer.head.kind != UInt16(MARTLET_ANSWER.rawValue)
        guard answer.head.value == UInt64(MARTLET_KEEPER_VERSION) else {
            throw ContainerError(step: "connect", runtimeDirectory, cause: .keeperVersion(answer.head.value))
        }
        return Keeper(socket: socket, pid: answer.head.pid)
    }

    private init(socket: Descriptor, pid: Int32) {
        self.pid = pid
        let (stream, continuation) = AsyncStream<Entry>.makeStream()
        exits = stream
        let line = Line(socket, continuation)
        self.line = line
        // The thread ends with the connection, which this object ends with its last reference.
        do { try Thread.detach { line.read() } } catch { line.finish() }
    }

    deinit { close() }

    /// How keepers are talked to, and what they launch: those of another spelling are not understood.
    public static var protocolVersion: String { "\(MARTLET_KEEPER_VERSION).\(MARTLET_LAUNCH_VERSION)" }

    /// Ends the connection; the keeper and its containers go on.
    public func close() { shutdown(line.socket.number, Int32(SHUT_RDWR)) }

    // MARK: Requests

    /// Makes a container up to the point where its program would run.
    public func prepare(_ id: String, _ program: LaunchProgram) async throws -> Prepared {
        Failpoint.prepareDue.reach()
        let sealed = try program.sealed()
        let reply = try await ask(
            MARTLET_PREPARE,
            id,
            descriptors: [sealed] + program.inputs,
            explain: program
        )
        Failpoint.prepareDone.reach()
        guard let pidfd = reply.descriptors.first else {
            throw ContainerError(step: "prepare", id, cause: .errno(EPROTO))
        }
        return Prepared(pid: reply.head.pid, pidfd: pidfd, exports: Array(reply.descriptors.dropFirst()))
    }

    /// Lets a prepared container run its program; returns once it does.
    ///
    /// `program` names a failed operation.
    public func release(_ id: String, _ program: LaunchProgram) async throws {
        Failpoint.releaseDue.reach()
        _ = try await ask(MARTLET_RELEASE, id, explain: program)
        Failpoint.releaseDone.reach()
    }

    /// Undoes a prepared container.
    public func abort(_ id: String) async throws { _ = try await ask(MARTLET_ABORT, id) }

    /// Every container that the keeper holds.
    public func list() async throws -> [Entry] { try await ask(MARTLET_LIST, "").entries }

    /// Lets the keeper forget a container that has ended.
    public func acknowledge(_ id: String) async throws { _ = try await ask(MARTLET_ACK, id) }

    /// Leaves a descriptor with the keeper, where it outlives this process.
    public func park(_ name: String, _ descriptor: Descriptor) async throws {
        Failpoint.parkDue.reach()
        _ = try await ask(MARTLET_PARK, name, descriptors: [descriptor])
        Failpoint.parkDone.reach()
    }

    /// A copy of a parked descriptor; nil if there is none of that name.
    public func take(_ name: String) async throws -> Descriptor? {
        do {
            return try await ask(MARTLET_TAKE, name).descriptors.first
        } catch let error as ContainerError where error.cause == .errno(ENOENT) {
            return nil
        }
    }

    /// Lets the keeper close a parked descriptor; one that is not there is no error.
    public func unpark(_ name: String) async throws {
        do {
            Failpoint.unparkDue.reach()
            _ = try await ask(MARTLET_UNPARK, name)
            Failpoint.unparkDone.reach()
        } catch let error as ContainerError where error.cause == .errno(ENOENT) {
        }
    }

    /// The names of all parked descriptors.
    public func parked() async throws -> [String] { try await ask(MARTLET_PARKED, "").entries.map(\.id) }

    /// Makes the keeper replace itself by `program`, or by a fresh copy of itself.
    ///
    /// The connection ends.
    public func reexec(_ program: Descriptor? = nil) async throws {
        do {
            _ = try await ask(MARTLET_REEXEC, "", descriptors: program.map { [$0] } ?? [])
        } catch let error as ContainerError where error.cause == .keeperGone {
        }
    }

    /// Has the keeper send all that it holds to its descriptor store again, for a store that was restarted.
    public func store() async throws { _ = try await ask(MARTLET_STORE, "") }

    /// Ends the keeper.
    ///
    /// Throws `EBUSY` while a container lives.
    public func quit() async throws { _ = try await ask(MARTLET_QUIT, "") }

    // MARK: Exchange

    private func ask(
        _ kind: martlet_request_kind,
        _ name: String,
        descriptors: [Descriptor] = [],
        explain program: LaunchProgram? = nil
    ) async throws -> Reply {
        let step = Self.step(kind)
        var request = martlet_request()
        request.kind = UInt16(kind.rawValue)
        guard name.utf8.count < Int(MARTLET_KEEPER_NAME) else {
            throw ContainerError(step: step, name, cause: .errno(ENAMETOOLONG))
        }
        withUnsafeMutableBytes(of: &request.name) { $0.copyBytes(from: name.utf8) }
        let message = request
        let reply: Reply = try await withCheckedThrowingContinuation { continuation in
            let failure: (any Error)? = line.state.withLock { state in
                guard !state.ended else { return ContainerError(step: step, name, cause: .keeperGone) }
                state.serial += 1
                var numbered = message
                numbered.serial = state.serial
                let numbers = descriptors.map(\.number)
                let sent = withUnsafeBytes(of: &numbered) {
                    martlet_send_descriptors(
                        line.socket.number,
                        $0.baseAddress,
                        $0.count,
                        numbers,
                        numbers.count
                    )
                }
                let cause = errno
                guard sent >= 0 else {
                    // ECONNRESET: it went with requests unread.
                    let isGone = cause == EPIPE || cause == ECONNRESET
                    return ContainerError(step: step, name, cause: isGone ? .keeperGone : .errno(cause))
                }
                state.waiting[state.serial] = continuation
                return nil
            }
            if let failure { continuation.resume(throwing: failure) }
        }
        withExtendedLifetime(descriptors) {}
        guard reply.head.error == 0 else {
            let at = reply.head.op >= 0 ? program.map { ": \($0.operation(Int(reply.head.op)))" } ?? "" : ""
            throw ContainerError(step: step, name + at, cause: .errno(reply.head.error))
        }
        return reply
    }

    private static func step(_ kind: martlet_request_kind) -> String {
        switch kind {
        case MARTLET_PREPARE: "prepare"
        case MARTLET_RELEASE: "release"
        case MARTLET_ABORT: "abort"
        case MARTLET_ACK: "acknowledge"
        case MARTLET_PARK, MARTLET_TAKE, MARTLET_UNPARK, MARTLET_PARKED: "parked descriptor"
        case MARTLET_REEXEC: "replace keeper"
        default: "keeper"
        }
    }

    /// The connection itself: all that the reading thread holds, so that it keeps no `Keeper` alive.
    private final class Line: Sendable {
        let socket: Descriptor
        let state = Mutex(State())
        let exits: AsyncStream<Entry>.Continuation

        init(_ socket: Descriptor, _ exits: AsyncStream<Entry>.Continuation) {
            self.socket = socket
            self.exits = exits
        }

        static func receive(_ socket: Descriptor) throws -> Reply? {
            var head = martlet_reply()
            let (length, descriptors) = try withUnsafeMutableBytes(of: &head) {
                try socket.receive(into: $0, descriptors: Int(MARTLET_MAX_EXPORTS) + 2)
            }
            return length == MemoryLayout<martlet_reply>.size
                ? Reply(head: head, descriptors: descriptors) : nil
        }

        func read() {
            while let reply = try? Self.receive(socket) {
                switch martlet_reply_kind(UInt32(reply.head.kind)) {
                case MARTLET_EXIT: exits.yield(Entry(reply.head))
                case MARTLET_ENTRY:
                    state.withLock { $0.entries[reply.head.serial, default: []].append(Entry(reply.head)) }
                default:
                    let (continuation, entries) = state.withLock {
                        (
                            $0.waiting.removeValue(forKey: reply.head.serial),
                            $0.entries.removeValue(forKey: reply.head.serial)
                        )
                    }
                    var whole = reply
                    whole.entries = entries ?? []
                    continuation?.resume(returning: whole)
                }
            }
            finish()
        }

        func finish() {
            let waiting = state.withLock { state in
                state.ended = true
                defer { state.waiting = [:] }
                return state.waiting.values
            }
            for continuation in waiting {
                continuation.resume(throwing: ContainerError(step: "keeper", "", cause: .keeperGone))
            }
            exits.finish()
        }
    }
}

extension Keeper.Entry {
    init(_ reply: martlet_reply) {
        id = withUnsafeBytes(of: reply.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        pid = reply.pid
        switch martlet_state(UInt32(reply.state)) {
        case MARTLET_EXITED: state = .exited(reply.status == MARTLET_STATUS_UNKNOWN ? nil : reply.status)
        case MARTLET_RUNNING: state = .running
        default: state = .prepared
        }
    }
}
