// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// SIGINT, SIGTERM and SIGHUP as values.
///
/// One a process: a later one takes the signals over.
public final class Interrupts: Sendable {
    private let pipe: (read: Descriptor, write: Descriptor)
    private let numbers: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation

    /// Takes the signals over from here on.
    public init() throws {
        pipe = try Descriptor.pipe()
        (numbers, continuation) = AsyncStream.makeStream()
        try check("fcntl", "O_NONBLOCK", martlet_set_nonblocking(pipe.write.number, 1))
        try check("sigaction", "SIGINT", martlet_catch_interrupts(pipe.write.number))
        let reading = pipe.read, sink = continuation
        try Thread.detach {
            while let byte = try? reading.read(1).first { sink.yield(Int32(byte)) }
        }
    }

    /// The next signal's number; nil when the task is cancelled.
    public func next() async -> Int32? {
        for await number in numbers { return number }
        return nil
    }
}
