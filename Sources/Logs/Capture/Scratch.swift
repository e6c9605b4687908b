// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The capture thread's own room: a pipe that batches are duplicated into, the buffer they are read into, and
/// the encoder.
///
/// Nothing in it outlives a turn.
final class Scratch {
    private var pipe: (read: Descriptor, write: Descriptor)
    private var pipeBytes: Int
    private let null: Descriptor
    /// What a batch is read into.
    let buffer: UnsafeMutableRawBufferPointer
    /// The same with room before it for what waited.
    private let whole: UnsafeMutableRawBufferPointer
    let encoder: BlockEncoder
    let lines = LineBuffer()

    init(batch: Int) throws(LinuxError) {
        pipe = try Descriptor.pipe(O_NONBLOCK)
        // Where this is refused, so are staging pipes of that size.
        _ = martlet_set_pipe_size(pipe.read.number, Int32(batch))
        pipeBytes = Int(try check("fcntl", "F_GETPIPE_SZ", martlet_pipe_size(pipe.read.number)))
        null = try Descriptor.open("/dev/null", O_WRONLY)
        whole = .allocate(byteCount: HoldMemory.capacity + batch, alignment: 4_096)
        buffer = UnsafeMutableRawBufferPointer(rebasing: whole[HoldMemory.capacity...])
        // What is not touched of it costs nothing.
        encoder = BlockEncoder(capacity: max(batch, LineProcessor.mostBytes))
    }

    deinit { whole.deallocate() }

    /// What waited, and behind it what was read into the buffer.
    func joined(_ held: [UInt8], with count: Int) -> UnsafeRawBufferPointer {
        let start = HoldMemory.capacity - held.count
        UnsafeMutableRawBufferPointer(rebasing: whole[start..<HoldMemory.capacity]).copyBytes(from: held)
        return UnsafeRawBufferPointer(rebasing: whole[start..<(HoldMemory.capacity + count)])
    }

    /// Makes the pipe hold whatever the stage holds: a duplicate must come whole, because tee(2) starts anew at
    /// every call.
    func reserve(_ bytes: Int) throws(LinuxError) {
        guard bytes > pipeBytes else { return }
        pipeBytes = Int(
            try check("fcntl", "F_SETPIPE_SZ", martlet_set_pipe_size(pipe.read.number, Int32(bytes)))
        )
    }

    /// Duplicates all of a staging pipe's `bytes`.
    func tee(_ stage: Descriptor, bytes: Int) throws(LinuxError) {
        let copied = try retrying("tee", "staging pipe") {
            martlet_tee(stage.number, pipe.write.number, bytes, MARTLET_SPLICE_F_NONBLOCK)
        }
        guard copied == bytes else {
            try renew()
            throw LinuxError("tee", "staging pipe: \(copied) of \(bytes) bytes", errno: EAGAIN)
        }
    }

    /// Reads the duplicate into the buffer; fewer than `bytes` came where pages of the container cannot be read.
    func read(_ bytes: Int) throws(LinuxError) -> Int {
        var filled = 0
        while filled < bytes {
            let got = Glibc.read(pipe.read.number, buffer.baseAddress.map { $0 + filled }, bytes - filled)
            if got > 0 {
                filled += got
            } else if got == 0 || errno != EINTR {
                try renew()
                break
            }
        }
        return filled
    }

    /// Throws bytes out of a staging pipe, all of them by default, without copying them.
    func drain(_ stage: Descriptor, bytes: Int = Int(Int32.max)) {
        var left = bytes
        while left > 0 {
            let gone = martlet_splice(stage.number, null.number, left, MARTLET_SPLICE_F_NONBLOCK)
            if gone > 0 { left -= gone } else if gone == 0 || errno != EINTR { return }
        }
    }

    private func renew() throws(LinuxError) {
        pipe = try Descriptor.pipe(O_NONBLOCK)
        try check("fcntl", "F_SETPIPE_SZ", martlet_set_pipe_size(pipe.read.number, Int32(pipeBytes)))
    }
}
