// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Keys
internal import Linux

/// The file that holds what is remembered of sources: a line with the SHA-256 of the rest, then JSON.
struct MemoryFile: Sendable {
    private static let maximumBytes = 16 << 20

    let path: String

    /// What is remembered; nothing if there is no such file.
    ///
    /// Blocks. Throws if it is there and cannot be used.
    func read() throws(IntakeError) -> SourceMemory {
        _ = unlink(path + ".new")  // of a crash
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).readAll(
                limit: Self.maximumBytes
            )
        } catch {
            guard error.errno != ENOENT else { return SourceMemory() }
            throw IntakeError(.unreachable, "", "\(error)")
        }
        let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let body = Array(bytes.dropFirst(head.count + 1))
        guard head.elementsEqual(HashFunction.sha256.hex(body).utf8),
            let memory = try? JSONDecoder().decode(SourceMemory.self, from: Data(body))
        else {
            throw IntakeError(.refused, path, "is damaged: the versions of apps that were seen are forgotten")
        }
        return memory
    }

    /// Replaces the file, so that a crash leaves the old one or the new one.
    ///
    /// Blocks.
    func write(_ memory: SourceMemory) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let body = Array(try encoder.encode(memory))
        let bytes = Array(HashFunction.sha256.hex(body).utf8) + [UInt8(ascii: "\n")] + body
        let new = path + ".new"
        _ = unlink(new)  // of a crash
        let file = try Descriptor.open(new, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
        try file.write(bytes)
        Failpoint.memoryWritten.reach()
        try file.synchronize()
        Failpoint.memorySynced.reach()
        try check("rename", path, rename(new, path))
        Failpoint.memoryRenamed.reach()
        let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).synchronize()
        Failpoint.memoryKept.reach()
    }
}
