// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A file of which one page is written through a shared mapping, as some databases do: after the first such write to a
/// page no other one moves its times.
// The page is written by whoever has the lock.
final class MappedFile: @unchecked Sendable {
    private let page: UnsafeMutableRawPointer
    private let size: Int
    private let last = Mutex<UInt8>(0)

    init(_ path: String, size: Int = 4_096) throws {
        self.size = size
        let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o644)
        try check("ftruncate", path, ftruncate(file.number, off_t(size)))
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
        guard let mapped, mapped != MAP_FAILED else { throw LinuxError("mmap", path, errno: errno) }
        page = mapped
    }

    deinit { munmap(page, size) }

    /// Writes what was not there before.
    func write() {
        last.withLock { last in
            last &+= 1
            page.storeBytes(of: last, as: UInt8.self)
        }
    }
}
