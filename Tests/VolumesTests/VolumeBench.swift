// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

@testable internal import Volumes

/// A directory store of a test's own that counts what is asked of it, and folders beside it.
final class VolumeBench: Sendable {
    let folder: String
    let store: CountingStore
    let scope = TransferScope()
    private let disk: LoopDisk?

    /// All of it is on a disk, if one is given.
    init(on disk: LoopDisk? = nil) throws {
        self.disk = disk
        folder =
            "\(disk?.path ?? "/var/tmp")/martlet-volumes-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("umask 022; mkdir -p \(folder)/store \(folder)/data")
        store = CountingStore(DirectoryStore(path: "\(folder)/store"))
    }

    deinit { _ = try? Shell.run("rm -rf \(folder)") }

    func log(_ timing: LeaseTiming = LeaseTiming()) throws -> CommitLog {
        CommitLog(try LogPlace(app: "shop", volume: "data"), in: store, timing: timing)
    }

    func open(_ owner: UInt8 = 1, _ timing: LeaseTiming = LeaseTiming()) throws -> StoredVolume {
        let owner = CommitRecord.Owner(id: [UInt8](repeating: owner, count: 16), node: "node-\(owner)")
        return try StoredVolume(log(timing), for: owner, time: 0, in: scope)
    }

    @discardableResult
    func commit(_ volume: StoredVolume, of name: String = "data", releasing: Bool = false, time: UInt64 = 0)
        throws -> CommitRecord?
    {
        let root = try Descriptor.open("\(folder)/\(name)", O_RDONLY | O_DIRECTORY)
        return try volume.commit(root, isCut: true, releasing: releasing, time: time, in: scope)
    }

    func branch(_ volume: StoredVolume) throws -> LogPlace? {
        let root = try Descriptor.open("\(folder)/data", O_RDONLY | O_DIRECTORY)
        return try volume.branch(root, isCut: true, time: 0, in: scope)
    }

    /// Another process that holds the volume, and does one thing after the other.
    func hold(_ owner: UInt8, patience: Int = 60, failpoint: String? = nil, _ verbs: [String]) throws
        -> HoldingProcess
    {
        try HoldingProcess(
            ["\(folder)/store", "\(folder)/data", "\(owner)", "\(patience)"] + verbs,
            output: "\(folder)/holder-\(owner)",
            failpoint: failpoint
        )
    }

    /// Restores a version into a fresh folder of this name.
    func restore(_ record: CommitRecord, to name: String) throws {
        try Shell.run("mkdir \(folder)/\(name)")
        let root = try Descriptor.open("\(folder)/\(name)", O_RDONLY | O_DIRECTORY)
        try StoredVolume.restore(record, from: store, into: root, in: scope)
    }

    /// Runs a shell script in the directory of the volume.
    @discardableResult
    func run(_ script: String) throws -> String { try Shell.run("set -e; cd \(folder)/data\n\(script)\n") }

    /// All that a tree is, told by Python: a line for each path.
    func text(_ name: String) throws -> String {
        try Shell.run("cd \(folder)/\(name)\npython3 - <<'END'\n\(Self.script)\nEND\n")
    }

    private static let script = """
        import os, stat, hashlib
        firsts = {}
        def tell(path):
            s = os.lstat(path)
            line = [path, oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, s.st_nlink]
            line += [(n, os.getxattr(path, n, follow_symlinks=False)) for n in sorted(os.listxattr(path, follow_symlinks=False))]
            if not stat.S_ISDIR(s.st_mode): line.append(firsts.setdefault(s.st_ino, path))
            if stat.S_ISLNK(s.st_mode): line.append(os.readlink(path))
            if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode): line.append(s.st_rdev)
            if stat.S_ISREG(s.st_mode):
                with open(path, 'rb') as f:
                    line += [s.st_size, hashlib.file_digest(f, 'sha256').hexdigest()]
                    at, map = 0, []
                    while at < s.st_size:
                        try: begin = os.lseek(f.fileno(), at, os.SEEK_DATA)
                        except OSError: break
                        at = os.lseek(f.fileno(), begin, os.SEEK_HOLE)
                        map.append((begin, at))
                    line.append(map)
            print(line)
            if stat.S_ISDIR(s.st_mode):
                for name in sorted(os.listdir(os.fsencode(path))): tell(os.path.join(path, os.fsdecode(name)))
        tell('.')
        """
}
