// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@Suite struct SpawnTests {
    /// What a child writes, and its exit status.
    private func run(_ child: Spawn) throws -> (output: String, status: Int32) {
        let (output, pid) = try start(child)
        let text = String(decoding: try output.readAll(limit: 1 << 20), as: UTF8.self)
        var status: Int32 = -1
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return (text, status)
    }

    /// Starts it with a pipe as its output, of which nobody else holds the other end.
    private func start(_ child: Spawn) throws -> (Descriptor, Int32) {
        let (read, write) = try Descriptor.pipe()
        var child = child
        child.descriptors[1] = write
        return (read, try child.start())
    }

    private func shell(_ line: String) -> Spawn { Spawn(["/bin/sh", "-c", line]) }

    /// A pipe that holds a text, and its end.
    private func pipe(_ text: String) throws -> Descriptor {
        let (read, write) = try Descriptor.pipe()
        try write.write(Array(text.utf8))
        return read
    }

    @Test func `each descriptor is found at its place, even at the number of another`() throws {
        let first = try pipe("first "), second = try pipe("second ")
        let files = [first.number, second.number, 0].map { "/proc/self/fd/\($0)" }
        var child = Spawn(["/bin/cat"] + files)
        child.descriptors = [
            first.number: second, second.number: first, 0: try Descriptor.open("/dev/null", O_RDONLY),
        ]
        #expect(try run(child) == ("second first ", 0))
    }

    @Test func `nothing else of ours is open in it`() throws {
        let given = try Descriptor.pipe(), kept = try Descriptor.pipe()
        var child = shell("ls -l /proc/$$/fd")
        child.descriptors = [7: given.write]
        let list = try run(child).output
        #expect(list.count(of: "pipe:[\(try given.write.status().inode)]") == 1)
        #expect(list.contains("7 -> pipe:[\(try given.write.status().inode)]"))
        #expect(!list.contains("pipe:[\(try kept.write.status().inode)]"))
    }

    @Test func `it blocks no signal, whatever we block`() throws {
        var blocked = sigset_t(), before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let child = Spawn(["/bin/grep", "SigBlk", "/proc/self/status"])
        #expect(try run(child) == ("SigBlk:\t0000000000000000\n", 0))
    }

    @Test(arguments: [false, true]) func `it leads a process group where it is told to`(own: Bool) throws {
        var child = shell("cut -d ' ' -f 1,5 /proc/$$/stat")
        child.leadsGroup = own
        let fields = try run(child).output.split(whereSeparator: \.isWhitespace)
        #expect((fields.first == fields.last) == own && fields.last == (own ? fields.first : "\(getpgrp())"))
    }

    @Test func `its environment is what it is given, or ours`() throws {
        let child = Spawn(["env"], program: "/usr/bin/env", environment: ["A=1", "B="])
        #expect(try run(child) == ("A=1\nB=\n", 0))
        setenv("MARTLET_TEST_SPAWN", "ours", 1)
        defer { unsetenv("MARTLET_TEST_SPAWN") }
        #expect(try run(shell("echo $MARTLET_TEST_SPAWN")) == ("ours\n", 0))
    }

    @Test func `a name is looked for in PATH where it is told to`() throws {
        var child = Spawn(["true"])
        #expect(throws: LinuxError("posix_spawn", "true", errno: ENOENT)) { try child.start() }
        child.searchesPath = true
        #expect(try run(child) == ("", 0))
    }
}
