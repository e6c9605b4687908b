// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folder of what is being written into a directory.
///
/// Whoever writes holds its lock shared, so that what is in it while somebody has the lock alone was left by writers
/// that are no more.
struct DirectoryDrafts {
    static let name: RawPath = ".martlet"

    /// The folder; the lock goes with it.
    let folder: Descriptor

    /// Opens it to write, and removes what a crash has left.
    init(in root: Descriptor) throws(LinuxError) {
        do throws(LinuxError) { try root.makeDirectory(Self.name, mode: 0o700) } catch {
            guard error.errno == EEXIST else { throw error }
        }
        folder = try root.open(Self.name, O_DIRECTORY | O_RDONLY, resolve: DirectoryStore.confined)
        if try folder.lock(wait: false) {
            for name in try folder.entries() { try folder.unlink(name) }
        }
        try folder.lockShared()
    }

    /// A name that no other draft has.
    static func fresh() -> RawPath {
        let number = UInt64.random(in: 0...UInt64.max)
        return RawPath(stringLiteral: "\(String(getpid(), radix: 16))-\(String(number, radix: 16))")
    }
}
