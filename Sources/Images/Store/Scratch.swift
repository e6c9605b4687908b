// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Files and folders that are not finished: `.tmp-*`, each locked by who works on it.
///
/// The lock goes with its owner, so what nobody has locked is litter.
enum Scratch {
    /// Makes a file; open for reading and writing.
    static func file(in directory: Descriptor) throws(LinuxError) -> (name: RawPath, file: Descriptor) {
        try make(in: directory) { name throws(LinuxError) in
            try directory.open(
                name,
                O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks]
            )
        }
    }

    /// Makes a folder.
    static func folder(in directory: Descriptor) throws(LinuxError) -> (name: RawPath, file: Descriptor) {
        try make(in: directory) { name throws(LinuxError) in try directory.makeFolder(name) }
    }

    /// Someone who sweeps may find it before it is locked: then another is made.
    private static func make(
        in directory: Descriptor,
        _ create: (RawPath) throws(LinuxError) -> Descriptor
    ) throws(LinuxError) -> (name: RawPath, file: Descriptor) {
        var attempts = 0
        while true {
            attempts += 1
            let name = RawPath.scratchName()
            do throws(LinuxError) {
                let file = try create(name)
                let inode = try file.status().inode
                if try file.lock(wait: false), try directory.status(name)?.inode == inode {
                    return (name, file)
                }
            } catch {
                guard error.errno == ENOENT else { throw error }
            }
            guard attempts < 16 else { throw LinuxError("flock", name.description, errno: EAGAIN) }
        }
    }

    /// Whether a name is that of something unfinished.
    static func isScratch(_ name: RawPath) -> Bool { name.bytes.starts(with: ".tmp-".utf8) }

    /// Removes what nobody works on.
    static func sweep(_ directory: Descriptor) throws(LinuxError) {
        for name in try directory.entries() where isScratch(name) {
            do throws(LinuxError) {
                let found = try directory.open(
                    name,
                    O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                    resolve: [.beneath, .noSymlinks]
                )
                guard try found.lock(wait: false) else { continue }
                try remove(name, from: directory)
            } catch {
                guard error.errno == ENOENT else { throw error }
            }
        }
    }

    /// Removes a file, or a folder with all that is in it.
    static func remove(_ name: RawPath, from directory: Descriptor) throws(LinuxError) {
        guard try directory.status(name)?.kind == .directory else { return try directory.unlink(name) }
        let (bin, folder) = try Self.folder(in: directory)
        let trash = Trash(folder)
        try trash.take(name, from: directory)
        try trash.empty()
        try directory.removeDirectory(bin)
    }
}

extension RawPath {
    /// A name for something unfinished, which nobody else has.
    static func scratchName() -> RawPath {
        RawPath(".tmp-\(getpid())-" + String(UInt64.random(in: .min ... .max), radix: 16)) ?? ""
    }
}
