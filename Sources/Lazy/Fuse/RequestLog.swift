// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
package import Linux

/// Requests that have no answer yet, in a file that outlives the process that reads them.
///
/// The kernel gives a request once, and whoever made it waits for the answer. So each is read straight into this file,
/// and stays there until it is answered; whoever serves the mount after a crash answers what is left. An answer to
/// nothing is refused by the kernel and does no harm, so it may be given twice.
///
/// A slot is one thread's at a time, which its users see to: hence `@unchecked`.
package final class RequestLog: @unchecked Sendable {
    /// Threads that read requests, each with a slot of its own.
    static let readers = 4
    /// FUSE_MIN_READ_BUFFER: no request is longer where nothing is written.
    static let readerSize = 8_192
    /// Requests that wait for the store.
    static let waiting = 1_024
    static let waitingSize = 128

    private let file: Descriptor
    private let memory: UnsafeMutableRawBufferPointer

    /// Opens the log of a folder, or makes it; throws `EWOULDBLOCK` while another process has it.
    package init(in folder: Descriptor) throws(LinuxError) {
        let size = Self.readers * Self.readerSize + Self.waiting * Self.waitingSize
        file = try Descriptor.open("requests", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, at: folder.number)
        guard try file.lock(wait: false) else {
            throw LinuxError("flock", "requests", errno: EWOULDBLOCK)
        }
        try file.resize(Int64(size))
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
        guard let start, start != MAP_FAILED else {
            let cause = errno
            throw LinuxError("mmap", "requests", errno: cause)
        }
        memory = UnsafeMutableRawBufferPointer(start: start, count: size)
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    /// Forgets all: a new mount has asked nothing yet, and numbers its requests from the beginning.
    package func forget() {
        for number in 0..<Self.readers { clear(reader(number)) }
        for number in 0..<Self.waiting { clear(waiting(number)) }
    }

    /// The slot of a thread that reads.
    func reader(_ number: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            rebasing: memory[number * Self.readerSize..<(number + 1) * Self.readerSize]
        )
    }

    /// The slot of a request that waits.
    func waiting(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = Self.readers * Self.readerSize + number * Self.waitingSize
        return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + Self.waitingSize])
    }

    /// Has a request wait in a slot; false if it is too long.
    func keep(_ request: UnsafeRawBufferPointer, waiting number: Int) -> Bool {
        let length = Int(request.loadUnaligned(as: UInt32.self)), slot = waiting(number)
        guard length <= slot.count, length <= request.count, length >= 4 else { return false }
        // Its length last: it is there when that is.
        UnsafeMutableRawBufferPointer(rebasing: slot[4...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: request[4..<length]))
        martlet_publish(slot.baseAddress, UInt32(length))
        return true
    }

    /// Nothing is in a slot any more.
    func clear(_ slot: UnsafeMutableRawBufferPointer) { martlet_publish(slot.baseAddress, 0) }
}
