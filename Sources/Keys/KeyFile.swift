// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// A file that says whom we trust.
public enum KeyFile {
    /// Why such a file is not used.
    public enum Fault: Error, Equatable, Sendable, CustomStringConvertible {
        /// A system call failed.
        case system(LinuxError)
        /// It is not a plain file.
        case kind
        /// Others can write to it.
        case writable
        /// It has more bytes than this.
        case size(Int)

        /// What is wrong, with the remedy.
        public var description: String {
            switch self {
            case .system(let error): error.description
            case .kind: "not a plain file: name one"
            case .writable:
                "others can write to it: give it to root, and take their right with chmod go-w"
            case .size(let limit): "larger than \(limit) bytes"
            }
        }
    }

    /// The content of a plain file that nobody but root or us can write to.
    public static func read(_ path: String, limit: Int) throws(Fault) -> [UInt8] {
        let file = try opened(path, limit: limit)
        do throws(LinuxError) { return try file.readAll(limit: limit) } catch { throw .system(error) }
    }

    /// The same of a file that nobody else should read.
    public static func readSecret(_ path: String, limit: Int) throws(Fault) -> SecretContent {
        let file = try opened(path, limit: limit)
        do throws(LinuxError) { return try SecretContent.read(file, limit: limit) } catch {
            throw .system(error)
        }
    }

    private static func opened(_ path: String, limit: Int) throws(Fault) -> Descriptor {
        let file: Descriptor
        let status: FileStatus
        do throws(LinuxError) {
            file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
            status = try file.status()
        } catch {
            throw .system(error)
        }
        guard status.kind == .file else { throw .kind }
        guard status.uid == 0 || status.uid == geteuid(), status.mode & 0o022 == 0 else { throw .writable }
        guard status.size <= limit else { throw .size(limit) }
        return file
    }
}
