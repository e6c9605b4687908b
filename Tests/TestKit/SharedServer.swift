// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A server of several processes that all tests of this program share: it ends with the program, however that ends.
public final class SharedServer: Sendable {
    /// Held open as long as this program is there.
    private let life: Mutex<Descriptor?>
    private let pid: Int32
    private let folder: String

    /// Runs a shell script in a folder, which is made; its processes and the folder go together.
    ///
    /// Throws with its output if `ready`, another script, does not succeed within a minute.
    public init(_ script: String, in folder: String, ready: String) throws {
        self.folder = folder
        try Shell.run("mkdir -m 755 \(folder)")
        let pipe = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        let log = try Descriptor.open("\(folder)/log", O_CREAT | O_WRONLY | O_APPEND, mode: 0o644)
        var child = Spawn(
            [
                "/bin/sh", "-c",
                """
                cd "$0"; setsid sh -c "$1" 3<&- & server=$!
                read -r end <&3
                kill -KILL -$server
                wait $server
                rm -rf "$0"
                """,
                folder, script,
            ],
            descriptors: [0: null, 1: log, 2: log, 3: pipe.read]
        )
        child.leadsGroup = true
        pid = try child.start()
        life = Mutex(pipe.write)
        for _ in 0..<600 {
            if (try? Shell.run("cd \(folder); \(ready)")) != nil { return }
            usleep(100_000)
        }
        throw Shell.Failure(
            description: "\(ready): not within a minute: \(try Shell.run("tail -c 4000 \(folder)/log"))"
        )
    }

    deinit {
        life.withLock { $0 = nil }
        waitpid(pid, nil, 0)
    }
}
