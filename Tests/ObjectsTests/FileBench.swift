// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Linux
internal import Synchronization
internal import TestKit
internal import Transfer

@testable internal import Objects

/// Files to bring into stores and back, and how far that was said to be.
final class FileBench: Sendable {
    private let folder: StoreFolder
    private let told = Mutex<[Int64]>([])

    init() throws { folder = try StoreFolder() }

    /// What progress was told: bytes that are there.
    var progress: [Int64] { told.withLock { $0 } }

    /// Takes progress down.
    var report: FileUpload.Progress { { [self] done, _ in told.withLock { $0.append(done) } } }

    /// A file of so many bytes that do not repeat.
    func file(_ size: Int, seed: UInt64 = 1) throws -> Descriptor {
        let file = try empty()
        var random = SeededGenerator(seed: seed)
        let words = (0..<(1 << 16)).map { _ in random.next() }
        var position = 0
        while position < size {
            var block = words
            block[0] = UInt64(position)
            let count = min(size - position, 8 * block.count)
            try block.withUnsafeBytes {
                try file.write(all: UnsafeRawBufferPointer(rebasing: $0.prefix(count)), at: Int64(position))
            }
            position += count
        }
        return file
    }

    /// A new file with nothing in it.
    func empty() throws -> Descriptor {
        try Descriptor.open(
            "\(folder.path)/\(UInt64.random(in: 0...UInt64.max))",
            O_CREAT | O_EXCL | O_RDWR,
            mode: 0o600
        )
    }

    static func sha256(_ file: Descriptor) throws -> [UInt8] {
        let size = try file.status().size
        return try file.hash(.sha256, 0..<size, StoreCall("read", "a file", TransferScope()))
    }
}
