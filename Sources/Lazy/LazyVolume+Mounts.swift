// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
package import Linux

// What an earlier agent left, and its end.

extension LazyVolume {
    /// What is mounted; nobody who serves a mount is asked.
    package func mounts() throws(LinuxError) -> (volume: Bool, version: Bool) {
        let own = try Self.mount(of: folder)
        let flags = MARTLET_O_PATH | O_DIRECTORY | O_NOFOLLOW
        return (
            try Self.mount(of: folder.open("data", flags, resolve: [])) != own,
            try Self.mount(of: folder.open("lower", flags, resolve: [])) != own
        )
    }

    /// How far its process is; nil if none answers.
    package var status: LazyStatus? {
        guard let cache = try? folder.open("cache", O_RDONLY | O_DIRECTORY, resolve: .beneath) else {
            return nil
        }
        return try? LazyControl.status(of: cache)
    }

    /// Ends its process, if there is one, and takes all mounts away.
    ///
    /// - Parameter patience: How long the process may take.
    /// - Throws: What keeps a mount, or `EWOULDBLOCK` if the process does not end.
    package func end(patience: Duration = .seconds(10)) throws(LinuxError) {
        let cache = try folder.open("cache", O_RDONLY | O_DIRECTORY, resolve: .beneath)
        // There may be none; one that does not hear ends with its mount.
        _ = try? LazyControl.stop(cache)
        try unmount()
        let clock = ContinuousClock(), deadline = clock.now + patience
        while true {
            do throws(LinuxError) {
                _ = try RequestLog(in: cache)
                return
            } catch {
                guard error.errno == EWOULDBLOCK, clock.now < deadline else { throw error }
            }
            usleep(10_000)
        }
    }

    /// The number of the mount that an open file is on, proc(5).
    private static func mount(of file: Descriptor) throws(LinuxError) -> Substring {
        let path = "/proc/self/fdinfo/\(file.number)"
        let text = String(decoding: try Descriptor.open(path, O_RDONLY).readAll(limit: 4_096), as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("mnt_id:") }) else {
            throw LinuxError("read", path, errno: ENODATA)
        }
        return line
    }
}
