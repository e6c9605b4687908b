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

    /// Passes on what it writes, and at last how it ended.
    ///
    /// A child that it left behind may hold the pipes: they are read until it has ended and nothing is in them.
    public func frames(_ send: (ExecFrame) async throws -> Void) async throws {
        var open: [(kind: ExecFrame.Kind, pipe: Descriptor)] = [(.stdout, output), (.stderr, error)]
        while !open.isEmpty {
            let watched = open, process = inside.pidfd
            let read = try await Thread.run { try Self.next(watched, process) }
            guard let read else { break }
            if read.bytes.isEmpty {
                open.removeAll { $0.kind == read.kind }
            } else {
                try await send(ExecFrame(read.kind, read.bytes))
            }
        }
        do {
            let status = try await inside.end.value
            try await send(
                status.map { .exit($0) }
                    ?? ExecFrame(.failure, Array("its end was not seen: status unknown".utf8))
            )
        } catch let error as ContainerError {
            // The codes that a shell gives, and so what people expect of exec.
            let code: Int32? = error.cause == .errno(ENOENT) ? 127 : error.cause == .errno(EACCES) ? 126 : nil
            guard let code else { return try await send(ExecFrame(.failure, Array("\(error)".utf8))) }
            try await send(ExecFrame(.stderr, Array("martlet: exec: \(error)\n".utf8)))
            try await send(.exit(code))
        }
    }

    /// The next bytes of any pipe, none for one that is closed; nil once the process has ended and no pipe has
    /// any.
    private static func next(_ open: [(kind: ExecFrame.Kind, pipe: Descriptor)], _ process: Descriptor) throws
        -> (kind: ExecFrame.Kind, bytes: [UInt8])?
    {
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
