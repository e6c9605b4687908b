// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Transfer
internal import Volumes

@testable internal import Lazy

/// A volume with a version in a directory store, and folders beside it; all in mounts of its own.
final class LazyBench: Sendable {
    let folder: String
    let store: CountedStore
    let scope = TransferScope()

    /// Runs where mounts are nobody else's; blocks until it is done.
    static func run(_ body: @escaping @Sendable (LazyBench) throws -> Void) throws {
        let outcome = Monitor(Result<Void, any Error>?.none)
        let bench = try LazyBench()
        try Thread.detach {
            let result = Result {
                try check("unshare", "", martlet_unshare(Int32(MARTLET_CLONE_NEWNS)))
                try check("mount", "/", mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil))
                // Whoever serves a mount ends with it, also when the body did not come to its end.
                defer {
                    for name in ["mount/data", "mount/lower", "mount"] {
                        umount2("\(bench.folder)/\(name)", Int32(MNT_DETACH))
                    }
                }
                try body(bench)
            }
            outcome.change { $0 = result }
        }
        defer { bench.remove() }
        try outcome.wait { $0 }.get()
    }

    private init() throws {
        folder = "/var/tmp/martlet-lazy-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run(
            "umask 022; cd / && mkdir -p \(folder)/store \(folder)/data \(folder)/mount \(folder)/cache"
        )
        store = CountedStore(DirectoryStore(path: "\(folder)/store"))
    }

    private func remove() { _ = try? Shell.run("rm -rf \(folder)") }

    /// The volume, for its only writer.
    func volume() throws -> StoredVolume {
        let log = CommitLog(try LogPlace(app: "shop", volume: "data"), in: store)
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "node-1")
        return try StoredVolume(log, for: owner, time: 0, in: scope)
    }

    /// Commits what is in a folder.
    func commit(_ volume: StoredVolume, of name: String, over lower: OverlayTree? = nil) throws
        -> CommitRecord?
    {
        try volume.commit(open(name), isCut: true, over: lower, time: 0, in: scope)
    }

    /// Commits what is in `data`.
    func commit() throws -> CommitRecord {
        guard let record = try commit(volume(), of: "data") else {
            throw Shell.Failure(description: "there was nothing to commit")
        }
        return record
    }

    /// Restores a version into a fresh folder of this name.
    func restore(_ record: CommitRecord, to name: String) throws {
        try run("mkdir \(name)", in: ".")
        try StoredVolume.restore(record, from: store, into: open(name), in: scope)
    }

    func open(_ name: String) throws -> Descriptor {
        try Descriptor.open("\(folder)/\(name)", O_RDONLY | O_DIRECTORY)
    }

    /// The index of a version, and its files in a folder of the bench.
    func version(
        _ record: CommitRecord,
        in cache: String = "cache",
        patience: Duration = .seconds(300),
        ids: IdentityMap = IdentityMap()
    )
        throws -> (
            index: TreeIndex, files: VersionFiles
        )
    {
        let packs = PackSource(store, in: scope, patience: patience)
        let index = try TreeFetch.index(of: record, from: packs, ids: ids)
        return (index, try VersionFiles(index, from: packs, in: open(cache)))
    }

    /// Mounts what a source has on `mount` while the body runs.
    func mounted(_ index: TreeIndex, _ source: any FileSource, _ body: () throws -> Void) throws {
        let device = try FuseMount.make(on: "\(folder)/mount", source: "shop/data")
        let server = FuseServer(device, index, source, try RequestLog(in: open("cache")))
        let end = Monitor(Result<Void, any Error>?.none)
        try Thread.detach {
            let result = Result { try server.run() }
            end.change { $0 = result }
        }
        let result = Result { try body() }
        try FuseMount.take(from: "\(folder)/mount")
        try end.wait { $0 }.get()
        try result.get()
    }

    /// The last version, from the directory store.
    func settings(_ cache: String) -> LazySettings {
        LazySettings(
            app: "shop",
            volume: "data",
            sequence: nil,
            store: .directory(path: "\(folder)/store"),
            cache: cache
        )
    }

    /// Has a shell start `martlet-lazy`, whose pid is in `lazy.pid` then, and stay; it serves when this returns.
    func started(_ settings: LazySettings, by device: FuseDevice) throws -> LazyProcess {
        let program = "$(pwd)/.build/debug/martlet-lazy"
        try Shell.run(
            """
            cat >\(folder)/agent <<END
            #!/bin/sh
            \(program) "\\$@" &
            echo \\$! >\(folder)/lazy.pid
            exec 3<&- 4<&- 5<&-
            wait
            END
            chmod +x \(folder)/agent
            """
        )
        return try LazyProcess.start("\(folder)/agent", settings, on: device, log: .standardError)
    }

    /// Waits until somebody has written so many lines into a file.
    func waitForLines(_ count: Int, in name: String) throws {
        while try (Int(run("wc -l <\(name)", in: ".").dropLast()) ?? 0) < count {
            usleep(20_000)
        }
    }

    /// Runs a shell script in a folder.
    @discardableResult
    func run(_ script: String, in name: String = "data") throws -> String {
        try Shell.run("bash <<'SCRIPT'\nset -e; cd \(folder)/\(name)\n\(script)\nSCRIPT\n")
    }

    /// The kernel keeps nothing of the mount any more.
    func forget() throws {
        try run(
            """
            python3 - <<'END'
            import os
            for d, _, names in os.walk('.'):
                for path in (os.path.join(d, n) for n in names):
                    if not os.path.isfile(path) or os.path.islink(path): continue
                    with open(path, 'rb') as f: os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            END
            """,
            in: "mount"
        )
    }

    /// All that a tree is, told by Python: a line for each path.
    ///
    /// Without `links`, but not how many names a file has, of which overlayfs knows less.
    func text(_ name: String, links: Bool = true) throws -> String {
        try run("LINKS=\(links ? "1" : "") python3 - <<'END'\n\(Self.script)\nEND\n", in: name)
    }

    private static let script = """
        import os, stat, hashlib
        firsts = {}
        def tell(path):
            s = os.lstat(path)
            line = [path, oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, os.environ['LINKS'] and s.st_nlink]
            line += [(n, os.getxattr(path, n, follow_symlinks=False)) for n in sorted(os.listxattr(path, follow_symlinks=False))]
            if not stat.S_ISDIR(s.st_mode): line.append(firsts.setdefault((s.st_dev, s.st_ino), path))
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
