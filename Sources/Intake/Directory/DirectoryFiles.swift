// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Keys
internal import Linux
internal import Synchronization

/// The files of one reading of a directory: each is read once, whole and verified, and remembered.
final class DirectoryFiles: Sendable {
    /// What to do about what others can write to.
    static let foreign =
        "others can write to it: give it to root and take their right with chmod go-w, or add 'verify'"

    private static let maximumBytes = 4 << 20
    /// Of all files together.
    private static let maximumTotal = 64 << 20

    private struct Read {
        var status: FileStatus
        var bytes: [UInt8]
        var signer: String?
    }

    private let path: String
    private let directory: Descriptor
    private let signers: Signers?
    private let isOurs: Bool
    private let files = Mutex<[String: Read]>([:])

    init(_ path: String, _ directory: Descriptor, signers: Signers?, isOurs: Bool) {
        self.isOurs = isOurs
        self.path = path
        self.directory = directory
        self.signers = signers
    }

    /// Whether nobody but root or us can write to it.
    static func isOurs(_ status: FileStatus) -> Bool {
        (status.uid == 0 || status.uid == geteuid()) && status.mode & 0o022 == 0
    }

    /// Reads and verifies a file by its name in the directory; who signed it.
    func take(_ name: String) throws(IntakeError) -> String? {
        if let known = files.withLock({ $0[name] }) { return known.signer }
        guard let (status, bytes) = try content(name) else {
            throw IntakeError(.busy, name, "is gone while the directory is read")
        }
        var signer: String?
        if let signers {
            let signature = try content("\(name).sig")?.bytes
            signer = try signers.signer(of: bytes, by: signature, subject: name)
        } else if !Self.isOurs(status) {
            throw IntakeError(.refused, name, Self.foreign)
        }
        let total = files.withLock { files in
            files[name] = Read(status: status, bytes: bytes, signer: signer)
            return files.values.reduce(0) { $0 + $1.bytes.count }
        }
        guard total <= Self.maximumTotal else {
            throw IntakeError(.refused, name, "more than 64 MiB with all others: make several sources")
        }
        return signer
    }

    /// The files as the project of an app asks for them, by absolute path: those below the directory.
    ///
    /// Of a directory that others can write to the app's own file alone: a signature is of bytes, not of a name, and
    /// another signed file could be put in the place of a further one.
    func access(of app: String) -> SourceFiles {
        SourceFiles(workingDirectory: path) { [self] wanted, limit throws(SourceFiles.Failure) in
            guard wanted.hasPrefix("\(path)/") else {
                throw .unreadable("it is outside of the source: put it into \(path)")
            }
            let name = String(wanted.dropFirst(path.utf8.count + 1))
            guard isOurs || name == app else {
                throw (try? content(name)) == nil
                    ? .absent : .unreadable("others can write to \(path): put its text into the app")
            }
            if let known = files.withLock({ $0[name] }) { return known.bytes }
            do throws(IntakeError) {
                guard try content(name) != nil else { throw IntakeError(.unreachable, "", "") }
                _ = try take(name)
            } catch {
                throw error == IntakeError(.unreachable, "", "") ? .absent : .unreadable(error.cause)
            }
            let bytes = files.withLock { $0[name]?.bytes } ?? []
            guard bytes.count <= limit else { throw .tooLarge }
            return bytes
        }
    }

    /// The directories that files were read from, by absolute path.
    var directories: Set<String> {
        let names = files.withLock { Array($0.keys) }
        return Set(
            names.map { name in
                name.split(separator: "/").dropLast().reduce(path) { "\($0)/\($1)" }
            }
        )
    }

    /// A digest over all names and contents.
    var revision: String {
        let all = files.withLock { $0.mapValues(\.bytes) }.sorted { $0.key < $1.key }
        let digests = all.flatMap { name, bytes -> [UInt8] in
            Array(name.utf8) + [0] + HashFunction.sha256.hash(bytes)
        }
        return "sha256:" + HashFunction.sha256.hex(digests)
    }

    /// Whether every file is still the one that was read.
    func isUnchanged() -> Bool {
        files.withLock { $0 }.allSatisfy { name, read in
            guard let place = RawPath(name),
                let file = try? directory.open(place, O_RDONLY | O_NONBLOCK, resolve: Self.confined)
            else { return false }
            guard let now = try? file.status() else { return false }
            return now == read.status && now.changed == read.status.changed
                && now.changedNanoseconds == read.status.changedNanoseconds
                && now.size == Int64(read.bytes.count) && !file.isOpenForWriting()
        }
    }

    private static let confined: Resolve = [.beneath, .noMagicLinks]

    /// A file's status and bytes; nil if there is none.
    private func content(_ name: String) throws(IntakeError) -> (status: FileStatus, bytes: [UInt8])? {
        guard let place = RawPath(name) else { return nil }
        do throws(LinuxError) {
            let file = try directory.open(place, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: Self.confined)
            let status = try file.status()
            guard status.kind == .file else { throw LinuxError("open", name, errno: EISDIR) }
            guard !file.isOpenForWriting() else { throw LinuxError("open", name, errno: ETXTBSY) }
            return (status, try file.readAll(limit: Self.maximumBytes))
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR: return nil
            case EISDIR: throw IntakeError(.refused, name, "not a plain file: put one there")
            case EFBIG: throw IntakeError(.refused, name, "larger than 4 MiB: split the app")
            case ETXTBSY: throw IntakeError(.busy, name, "somebody has it open for writing: close it")
            case EXDEV: throw IntakeError(.refused, name, "leads out of the source: put a file there")
            default: throw IntakeError(.unreachable, name, "\(error)")
            }
        }
    }
}
