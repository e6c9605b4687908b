// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

/// Debian's docker-registry on a free port, with its data in a walk's folder; tells what it was asked.
final class WalkRegistry: Sendable {
    static let isThere = access("/usr/bin/docker-registry", X_OK) == 0

    let name: String
    private let folder: String
    private let pid: Mutex<Int32>

    init(_ walk: Walk) throws {
        folder = walk.folder
        let port = try Walk.freePort()
        name = "127.0.0.1:\(port)"
        let config = try walk.file(
            """
            version: 0.1
            log: {level: error, accesslog: {disabled: false}}
            storage: {filesystem: {rootdirectory: \(walk.folder)/registry}}
            http: {addr: "127.0.0.1:\(port)"}
            """,
            "registry.yml"
        )
        let log = try Descriptor.open(
            "\(walk.folder)/registry.log",
            O_APPEND | O_CREAT | O_WRONLY,
            mode: 0o600
        )
        pid = Mutex(
            try Spawn(
                ["docker-registry", "serve", config],
                program: "/usr/bin/docker-registry",
                descriptors: [1: log, 2: log]
            ).start()
        )
        try Shell.run(
            "curl -s --fail --max-time 60 --retry 100 --retry-delay 0 --retry-connrefused http://\(name)/v2/"
        )
    }

    deinit { end() }

    /// Ends it; once is enough.
    func end() {
        pid.withLock { pid in
            guard pid > 0 else { return }
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            pid = 0
        }
    }

    /// A node file that knows it, and more lines.
    func node(_ walk: Walk, _ more: String = "") throws -> String {
        try walk.file(
            "format: 1\nregistries:\n  - { prefix: \"\(name)\", insecure: http }\n\(more)",
            "node.yaml"
        )
    }

    /// Pushes an image that the walk has.
    func push(_ image: String, as name: String, _ walk: Walk, _ node: String) async throws -> String {
        let target = "\(self.name)/\(name)"
        let pushed = try await walk.martlet("image", "push", with: ["--node", node, image, target])
        try #require(pushed.code == 0 && pushed.output.contains(target), "\(pushed.output)")
        return target
    }

    /// The paths that were asked for with `GET` since the last call, below `/v2/`.
    func asked() throws -> [String] {
        // What was asked for before is in the log when this is.
        let mark = "mark-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run(
            """
            curl -s --max-time 60 -o /dev/null http://\(name)/v2/\(mark)/tags/list
            for i in $(seq 600); do grep -q \(mark) \(folder)/registry.log && exit 0; sleep 0.1; done; exit 1
            """
        )
        let lines = try Shell.run("cat \(folder)/registry.log && : >\(folder)/registry.log")
        return lines.matches(of: /"GET \/v2\/(\S+) HTTP/).map { String($0.1) }.filter {
            !$0.isEmpty && !$0.hasPrefix("mark-")
        }
    }
}
