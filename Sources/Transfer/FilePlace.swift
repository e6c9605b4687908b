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
