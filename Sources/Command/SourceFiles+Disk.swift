// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

extension SourceFiles {
    /// The files of this host, from the directory that we were started in.
    static func disk() throws(LinuxError) -> SourceFiles {
        guard let here = getcwd(nil, 0) else { throw LinuxError("getcwd", ".", errno: errno) }
        defer { free(here) }
        return SourceFiles(workingDirectory: String(cString: here), read: content)
    }

    /// The bytes of a regular file, if they are not more than a limit.
    static func content(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let isRegular: Bool
        do throws(LinuxError) {
            // Without O_NONBLOCK a fifo would never open.
            let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
            isRegular = try file.status().kind == .file
            if isRegular { return try file.readAll(limit: limit) }
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR: throw .absent
            case EFBIG: throw .tooLarge
            default: throw .unreadable(String(cString: strerror(error.errno)).lowercased())
            }
        }
        throw .notRegular
    }
}
