// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A process of the host, as proc(5) tells of it.
struct HostProcess {
    /// When it began, clock ticks since boot.
    let startTime: UInt64
    /// It has ended, and only waits to be reaped.
    let hasEnded: Bool

    /// nil if there is none of that pid.
    init?(_ pid: Int32) throws {
        guard pid > 0 else { return nil }
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try Descriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4096)
        } catch {
            guard error.errno == ENOENT || error.errno == ESRCH else { throw error }
            return nil
        }
        // The name, in parentheses, may hold anything: the last one ends it. State is field 3, the start 22.
        let fields = String(decoding: bytes.split(separator: UInt8(ascii: ")")).last ?? [], as: UTF8.self)
            .split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
        startTime = start
        hasEnded = fields[0] == "Z" || fields[0] == "X"
    }

    /// A handle to the process of a record; nil if it has ended, or the pid is another's now.
    static func handle(_ record: ContainerRecord) throws -> Descriptor? {
        let handle: Descriptor
        do throws(LinuxError) {
            handle = try Descriptor.process(record.pid)
        } catch {
            guard error.errno == ESRCH || error.errno == EINVAL else { throw error }
            return nil
        }
        guard let process = try HostProcess(record.pid), process.startTime == record.startTime,
            !process.hasEnded
        else { return nil }
        return handle
    }

    /// The `CLONE_NEW*` bits of the namespaces in which a process lives and we do not.
    static func namespaces(of pid: Int32) throws -> Int32 {
        let kinds: [(String, Int32)] = [
            ("user", MARTLET_CLONE_NEWUSER), ("mnt", MARTLET_CLONE_NEWNS), ("pid", MARTLET_CLONE_NEWPID),
            ("net", MARTLET_CLONE_NEWNET), ("ipc", MARTLET_CLONE_NEWIPC), ("uts", MARTLET_CLONE_NEWUTS),
            ("cgroup", MARTLET_CLONE_NEWCGROUP), ("time", MARTLET_CLONE_NEWTIME),
        ]
        var flags: Int32 = 0
        for (name, flag) in kinds {
            var theirs = stat()
            var ours = stat()
            guard stat("/proc/self/ns/\(name)", &ours) == 0 else { continue }  // not of this kernel
            try check("stat", "/proc/\(pid)/ns/\(name)", stat("/proc/\(pid)/ns/\(name)", &theirs))
            if theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev { flags |= flag }
        }
        return flags
    }
}
