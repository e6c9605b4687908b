// SPDX-License-Identifier: Apache-2.0
internal import Containers
public import Control
internal import Glibc
internal import Linux
internal import Synchronization

/// A user's process inside a container, and the pipes to it.
public final class ExecSession: Sendable {
    private static let chunk = 65_536

    private let inside: Node.Inside
    private let input: Mutex<Descriptor?>
    private let output: Descriptor
    private let error: Descriptor

    init(_ inside: Node.Inside, input: Descriptor?, output: Descriptor, error: Descriptor) {
        self.inside = inside
        self.input = Mutex(input)
        self.output = output
        self.error = error
    }

    /// Kills the process: nobody reads what it writes any more.
    public func kill() { inside.pidfd.kill() }

    /// Writes to its standard input; false once it does not read any more.
    public func write(_ bytes: [UInt8]) async throws -> Bool {
        guard let input = input.withLock({ $0 }) else { return false }
        do {
            try await Thread.run { try input.write(bytes) }
            return true
        } catch let error as LinuxError where error.errno == EPIPE {
            return false
        }
    }

    /// Ends its standard input.
    public func endInput() { input.withLock { $0 = nil } }

    /// What it writes, and at last how it ended.
    public var frames: Frames { Frames(session: self) }

    /// The frames of one session, each read when it is asked for: a slow reader slows the process down.
    ///
    /// A child that it left behind may hold the pipes: they are read until it has ended and nothing is in them.
    public struct Frames: AsyncSequence, AsyncIteratorProtocol {
        private let session: ExecSession
        private var open: [Source]?

        init(session: ExecSession) {
            self.session = session
            open = [(.stdout, session.output), (.stderr, session.error)]
        }

        /// Itself.
        public func makeAsyncIterator() -> Frames { self }

        /// The next frame; nil after that which tells the end.
        public mutating func next() async throws -> ExecFrame? {
            while let watched = open, !watched.isEmpty {
                let process = session.inside.pidfd
                let read = try await withTaskCancellationHandler {
                    try await Thread.run { try ExecSession.next(watched, process) }
                } onCancel: {
                    process.kill()  // ends the wait
                }
                guard let read else { break }
                if !read.bytes.isEmpty { return ExecFrame(read.kind, read.bytes) }
                open?.removeAll { $0.kind == read.kind }
            }
            guard open != nil else { return nil }
            open = nil
            return await session.last()
        }
    }

    private typealias Source = (kind: ExecFrame.Kind, pipe: Descriptor)

    private func last() async -> ExecFrame {
        do {
            guard let status = try await inside.end.value else {
                return ExecFrame(.failure, Array("its end was not seen: status unknown".utf8))
            }
            return .exit(status)
        } catch let error as ContainerError where error.cause == .errno(ENOENT) {
            return .exit(127)  // as a shell tells that there is no such program
        } catch let error as ContainerError where error.cause == .errno(EACCES) {
            return .exit(126)
        } catch {
            return ExecFrame(.failure, Array("\(error)".utf8))
        }
    }

    /// The next bytes of any pipe, none for one that is closed; nil once the process has ended and no pipe has
    /// any.
    private static func next(_ open: [Source], _ process: Descriptor) throws -> (
        kind: ExecFrame.Kind, bytes: [UInt8]
    )? {
        var watched = (open.map(\.pipe) + [process]).map {
            pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0)
        }
        while poll(&watched, nfds_t(watched.count), -1) < 0 {
            let cause = errno
            guard cause == EINTR else { throw LinuxError("poll", "exec", errno: cause) }
        }
        for (index, (kind, pipe)) in open.enumerated() where watched[index].revents != 0 {
            return (kind, try pipe.read(chunk))
        }
        return nil
    }
}
