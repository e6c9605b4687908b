// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A file system of a kind that a test chooses, on a loop device, mounted where only this process finds it; it is gone with
/// its last reference, or with this process.
public final class LoopDisk: Sendable {
    /// The kinds that let two files share what they have in common.
    public static let sharing = ["btrfs", "xfs"]

    /// Why the kernel cannot have such disks; nil if it can.
    public static let obstacle: String? = {
        let ask = "modprobe -qa loop btrfs xfs; test -e /dev/loop-control && cat /proc/filesystems"
        guard let known = try? Shell.run(ask) else { return "skipped: the kernel has no loop devices" }
        let missing = sharing.filter { !known.contains("\t\($0)\n") }
        return missing.isEmpty ? nil : "skipped: the kernel has no \(missing.joined(separator: ", "))"
    }()

    /// A folder on it.
    public let path: String
    private let folder: String
    private let input: Descriptor
    private let pid: Int32

    /// Makes one.
    ///
    /// - Parameters:
    ///   - kind: What mkfs(8) calls it, and its options.
    ///   - options: Those of mount(8) beside `loop`.
    ///   - megabytes: Its size; only what is written takes room.
    /// - Throws: If it cannot be made or mounted.
    public init(_ kind: String, options: String = "", megabytes: Int = 1_024) throws {
        folder = "/var/tmp/martlet-disk-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run(
            "mkdir -p \(folder)/top && truncate -s \(megabytes)M \(folder)/disk && mkfs.\(kind) -q \(folder)/disk"
        )
        let (stdin, stdout) = (try Descriptor.pipe(), try Descriptor.pipe())
        // It ends with its input, and its mount with it.
        let script =
            "mount -o loop\(options.isEmpty ? "" : ",\(options)") \(folder)/disk \(folder)/top && echo ready && read end"
        pid = try Spawn(
            ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script],
            descriptors: [0: stdin.read, 1: stdout.write, 2: stdout.write]
        ).start()
        (input, path) = (stdin.write, "/proc/\(pid)/root\(folder)/top")
        let said = try stdout.read.read(4_096)
        guard said.elementsEqual("ready\n".utf8) else {
            throw Shell.Failure(description: "mount \(kind): \(String(decoding: said, as: UTF8.self))")
        }
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        _ = try? Shell.run("rm -rf \(folder)")
    }
}
