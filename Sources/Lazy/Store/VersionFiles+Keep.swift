// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Volumes

extension VersionFiles {
    /// Works with what is kept of a file, which is made as large as that is.
    func keeping<Result>(
        _ file: Int,
        _ body: (Descriptor) throws(LinuxError) -> Result
    ) throws(VolumeError) -> Result {
        do throws(LinuxError) {
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW
            let kept = try Descriptor.open("\(file)", flags, mode: 0o600, at: files.number)
            if try kept.status().size != tree.nodes[file].size { try kept.resize(tree.nodes[file].size) }
            return try body(kept)
        } catch {
            throw VolumeError("keep", "file \(file)", .system(error))
        }
    }

    /// Puts a chunk, whose hash was right, where it belongs.
    func keep(_ bytes: [UInt8], at offset: Int64, of file: Int) throws(VolumeError) {
        try keeping(file) { (kept) throws(LinuxError) in
            try bytes.withUnsafeBufferPointer { (bytes) throws(LinuxError) in
                try kept.write(all: UnsafeRawBufferPointer(bytes), at: offset)
            }
        }
    }

    /// Gives what is kept of a file, which is all of it, a further name; one that was never wanted is made.
    func link(_ file: Int, as name: RawPath, in folder: Descriptor) throws(VolumeError) {
        try keeping(file) { (_) throws(LinuxError) in
            try folder.makeHardLink(name, to: RawPath("\(file)") ?? "", in: files)
        }
    }

    /// Whether an earlier process left a chunk where it belongs: one that was torn has another hash.
    static func has(_ chunk: ChunkReference, at offset: Int64, in kept: Descriptor) throws(LinuxError) -> Bool
    {
        guard lseek(kept.number, off_t(offset), Int32(martlet_SEEK_DATA)) == off_t(offset) else {
            return false
        }
        var failure: LinuxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: chunk.size) { room, count in
            do throws(LinuxError) {
                while count < room.count {
                    let rest = UnsafeMutableRawBufferPointer(
                        UnsafeMutableBufferPointer(rebasing: room[count...])
                    )
                    let part = try kept.read(into: rest, at: offset + Int64(count))
                    guard part > 0 else { break }
                    count += part
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return (try? ContentName(of: bytes)) == chunk.name
    }
}
