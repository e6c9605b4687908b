// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

/// A program of the node that prints a secret; what else it says is thrown away, as it might be one, too.
struct SecretCommand {
    private let command: SecretSettings.Command

    init(_ command: SecretSettings.Command) { self.command = command }

    /// What it prints, once it has ended with 0 within its time.
    ///
    /// Blocks until then. What it started and is still in its process group is killed.
    func output(for secret: String, _ name: String) throws(SecretFault) -> SecretContent {
        let end = ContinuousClock.now + command.timeout
        let pid: Int32
        let output: Descriptor
        do throws(LinuxError) { (pid, output) = try start() } catch {
            throw SecretFault(secret, "command \(name): \(error)")
        }
        var content: SecretContent?
        var failure: LinuxError?
        var isOver = false
        do throws(LinuxError) {
            content = try SecretContent.read(output, limit: SecretReader.largest) { () throws(LinuxError) in
                try !Self.wait(for: output, until: end)
            }
            // One that closed its output may still not end.
            isOver = try Self.wait(for: try Descriptor.process(pid), until: end)
        } catch {
            failure = error
        }
        let status = Self.end(pid)
        switch failure?.errno {
        case nil where !isOver, ETIMEDOUT:
            throw SecretFault(secret, "command \(name) takes longer than \(command.timeout): see 'timeout'")
        case EFBIG:
            throw SecretFault(secret, "command \(name) prints more than 500 KiB: use a volume")
        default: break
        }
        if let failure { throw SecretFault(secret, "command \(name): \(failure)") }
        guard status == 0, let content else {
            throw SecretFault(secret, "command \(name) ended with \(status): run it by hand")
        }
        return content
    }

    private func start() throws(LinuxError) -> (pid: Int32, output: Descriptor) {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let output = try Descriptor.pipe()
        var child = Spawn(
            command.arguments,
            environment: Self.environment,
            descriptors: [0: null, 1: output.write, 2: null]
        )
        child.leadsGroup = true
        return (try child.start(), output.read)
    }

    /// Nothing of ours but the place of the credentials.
    private static var environment: [String] {
        var list = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root",
        ]
        if let folder = getenv("CREDENTIALS_DIRECTORY") {
            list.append("CREDENTIALS_DIRECTORY=\(String(cString: folder))")
        }
        return list
    }

    /// False when it is too late.
    private static func wait(for descriptor: Descriptor, until end: ContinuousClock.Instant)
        throws(LinuxError)
        -> Bool
    {
        let left = ContinuousClock.now.duration(to: end).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
        var item = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return try retrying("poll", "command") { poll(&item, 1, Int32(clamping: max(0, milliseconds))) } > 0
    }

    private static func end(_ pid: Int32) -> Int32 {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
