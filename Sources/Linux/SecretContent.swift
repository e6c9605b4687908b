// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Bytes that nobody else may see: they are wiped with the last reference, and print as nothing.
public final class SecretContent: Sendable, CustomStringConvertible {
    // Written in `init` alone, before anybody else has the object, and in `deinit`, when nobody has.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer
    /// How many bytes there are.
    public let count: Int

    /// Room for at most `capacity` bytes, which `fill` writes into; it tells how many they are.
    public init<Failure: Error>(
        capacity: Int,
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(capacity, 1), alignment: 8)
        do throws(Failure) {
            count = min(capacity, try fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity])))
        } catch {
            Self.wipe(memory)
            throw error
        }
        self.memory = memory
    }

    /// A copy of bytes.
    public convenience init(_ bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count) { room in
            room.copyMemory(from: bytes)
            return bytes.count
        }
    }

    deinit { Self.wipe(memory) }

    private static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }

    /// Gives the bytes, which must not be kept.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Never the content.
    public var description: String { "(secret)" }

    /// What is left to read of an open file; more than `limit` bytes is `EFBIG`.
    ///
    /// `isLate` is asked before each read, and `ETIMEDOUT` thrown if it says so.
    public static func read(
        _ file: Descriptor,
        limit: Int,
        isLate: () throws(LinuxError) -> Bool = { () throws(LinuxError) in false }
    ) throws(LinuxError) -> SecretContent {
        // One byte more tells of a file that is too large.
        let found = try SecretContent(capacity: limit + 1) { (room) throws(LinuxError) in
            var filled = 0
            while filled < room.count {
                guard try !isLate() else { throw LinuxError("read", "secret", errno: ETIMEDOUT) }
                let part = try retrying("read", "secret") {
                    Glibc.read(file.number, room.baseAddress.map { $0 + filled }, room.count - filled)
                }
                if part == 0 { break }
                filled += part
            }
            return filled
        }
        guard found.count <= limit else { throw LinuxError("read", "secret", errno: EFBIG) }
        return found.withBytes { SecretContent($0) }
    }
}
