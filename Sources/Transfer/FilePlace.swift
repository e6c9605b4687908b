// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Where in a file the body of an answer goes.
struct FilePlace: Sendable {
    let file: Descriptor
    /// Of the first byte.
    let position: Int64
    /// It has no more bytes than these: behind them is something else.
    let count: Int64

    /// Writes bytes of the body, of which so many came before.
    func write(_ bytes: UnsafeRawBufferPointer, after before: Int64) throws(TransferError.Cause) {
        guard before + Int64(bytes.count) <= count else {
            throw .answer("more bytes come than the \(count) that were announced")
        }
        do throws(LinuxError) { try file.write(all: bytes, at: position + before) } catch {
            throw .file(error)
        }
    }
}

/// Bytes on their way to their place in a file: libcurl gives 16 KiB at a time, of which a file system takes many at
/// once for little more than one.
final class GatheredBytes {
    private static let room = 256 << 10

    private let place: FilePlace
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 4_096)
    private var count = 0
    /// So many bytes of the body are in the file, or were before these.
    private var before: Int64

    /// Those that come after so many that were written otherwise.
    init(for place: FilePlace, after before: Int64) {
        self.place = place
        self.before = before
    }

    deinit { buffer.deallocate() }

    /// Takes bytes, and writes what there is once it is enough.
    func add(_ bytes: UnsafeRawBufferPointer) throws(TransferError.Cause) {
        if bytes.count > buffer.count - count { try flush() }
        guard bytes.count < buffer.count else {
            try place.write(bytes, after: before)
            return before += Int64(bytes.count)
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Writes what was taken and is not written.
    func flush() throws(TransferError.Cause) {
        guard count > 0 else { return }
        try place.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), after: before)
        before += Int64(count)
        count = 0
    }
}
