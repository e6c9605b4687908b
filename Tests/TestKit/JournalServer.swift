// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Glibc
internal import Linux

/// systemd-journald with a `/run` of its own, in a mount namespace of its own; it can be killed and started again.
public final class JournalServer {
    private static let program = "/lib/systemd/systemd-journald"
    /// Whether there is a systemd-journald to start.
    public static let isThere = access(program, X_OK) == 0 && access("/etc/machine-id", R_OK) == 0

    /// Where its `/run` is.
    public let folder: String
    private var pid: Int32?
    /// The socket of the native protocol.
    public var socket: String { "\(folder)/run/systemd/journal/socket" }

    /// Starts one, which ends with its last reference.
    public init() throws {
        var template = Array("/tmp/martlet-journal-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        folder = String(cString: made)
        try Shell.run(
            """
            cd \(folder) && mkdir -p run/systemd/journal run/systemd/journald.conf.d run/log/journal
            printf '[Journal]\\nStorage=volatile\\nRateLimitIntervalSec=0\\nReadKMsg=no\\nAudit=no\\nRuntimeMaxUse=512M\\n' \\
              >run/systemd/journald.conf.d/test.conf
            """
        )
        try start()
    }

    deinit {
        kill()
        _ = try? Shell.run("rm -rf \(folder)")
    }

    /// Starts it again.
    public func start() throws {
        let output = try Descriptor.open("\(folder)/output", O_CREAT | O_WRONLY | O_APPEND, mode: 0o644)
        let enter = "mount --bind \(folder)/run /run && exec \(Self.program)"
        pid = try Spawn(
            ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", enter],
            descriptors: [0: try Descriptor.open("/dev/null", O_RDONLY), 1: output, 2: output]
        ).start()
        for _ in 0..<600 {
            if (try? Descriptor.connect(socket, kind: Int32(SOCK_DGRAM.rawValue))) != nil { return }
            usleep(50_000)
        }
        throw Shell.Failure(description: try Shell.run("cat \(folder)/output"))
    }

    /// Kills it.
    public func kill() {
        guard let pid else { return }
        _ = Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        self.pid = nil
    }

    /// The entries that match, as journalctl prints them for programs.
    public func entries(_ match: String) throws -> [[String: Any]] {
        let path = "\(folder)/entries"
        try Shell.run("journalctl -D \(folder)/run/log/journal -o json --all \(match) >\(path)")
        let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 28)
        return try bytes.split(separator: 0x0A).compactMap {
            try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]
        }
    }

    /// Waits for so many entries that match.
    public func wait(_ match: String, for count: Int) async throws {
        let command = "journalctl -q -D \(folder)/run/log/journal -o short \(match) | wc -l"
        while try Int(Shell.run(command).split(separator: "\n").last ?? "") ?? 0 < count {
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
