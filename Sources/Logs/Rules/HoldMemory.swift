// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

/// Where the line that is not finished waits, per stream: memory behind a descriptor, so that it outlives us like
/// the pipes and never is on a disk.
///
/// A stream has two places. What waits after batch k is in place k mod 2 before block k is published: whoever comes
/// after a death finds the one that belongs to the last published block.
public final class HoldMemory: Sendable {
    /// What to park.
    public let descriptor: Descriptor
    // Belongs to the capture thread.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    /// What of a line can wait.
    static let capacity = 64 << 10
    private static let header = 64
    private static let place = header + capacity
    private static let size = 4 * place

    /// What waits after a batch.
    struct Held: Equatable {
        var bytes: [UInt8] = []
        /// The beginning of the line was given before.
        var goesOn = false
        /// Why it was left out, if it was: the rest is, too.
        var omitted: LossCause?
    }

    /// New memory, in which nothing waits.
    public convenience init() throws(LogError) {
        let made = try attempt(.makePipes, "memory") { () throws(LinuxError) in
            let made = Descriptor(
                owning: try check(
                    "memfd_create",
                    "",
                    martlet_memfd_create("log", UInt32(MARTLET_MFD_CLOEXEC))
                )
            )
            try check("ftruncate", "memory", ftruncate(made.number, off_t(Self.size)))
            return made
        }
        try self.init(adopting: made)
    }

    /// Takes back what was parked.
    public init(adopting descriptor: Descriptor) throws(LogError) {
        self.descriptor = descriptor
        memory = try attempt(.adoptPipes, "memory") { () throws(LinuxError) in
            // Less behind it would be a fault of the bus later.
            var status = stat()
            try check("fstat", "memory", fstat(descriptor.number, &status))
            guard status.st_size == Self.size else { throw LinuxError("fstat", "memory", errno: EINVAL) }
            let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0)
            guard let mapped, mapped != MAP_FAILED else { throw LinuxError("mmap", "memory", errno: errno) }
            return mapped
        }
    }

    deinit { munmap(memory, Self.size) }

    private func place(_ stream: LogStream, _ batch: UInt64) -> UnsafeMutableRawPointer {
        memory + (Int(stream.rawValue) * 2 + Int(batch & 1)) * Self.place
    }

    func store(_ held: Held, after batch: UInt64, of stream: LogStream) {
        let place = place(stream, batch)
        let flags: UInt32 = (held.goesOn ? 1 : 0) | Self.code(held.omitted) << 8
        held.bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: place + Self.header, count: bytes.count).copyMemory(
                from: bytes
            )
        }
        place.storeBytes(of: UInt32(held.bytes.count), toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: flags, toByteOffset: 12, as: UInt32.self)
        place.storeBytes(of: batch, as: UInt64.self)
    }

    /// Nil if nothing is known of that batch.
    func held(after batch: UInt64, of stream: LogStream) -> Held? {
        let place = place(stream, batch)
        guard place.load(as: UInt64.self) == batch else { return nil }
        let count = min(Int(place.load(fromByteOffset: 8, as: UInt32.self)), Self.capacity)
        let flags = place.load(fromByteOffset: 12, as: UInt32.self)
        return Held(
            bytes: Array(UnsafeRawBufferPointer(start: place + Self.header, count: count)),
            goesOn: flags & 1 != 0,
            omitted: LossCause.allCases.first { Self.code($0) == flags >> 8 }
        )
    }

    private static func code(_ cause: LossCause?) -> UInt32 {
        switch cause {
        case nil: 0
        case .dropped: 1
        case .rateLimited: 2
        case .sampled: 3
        case .full: 4
        case .lag: 5
        }
    }
}
