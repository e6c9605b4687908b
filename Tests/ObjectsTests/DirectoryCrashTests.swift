// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// What a writer leaves that was killed, or has no space.
@Suite(.timeLimit(.minutes(5))) struct DirectoryCrashTests {
    /// The store of a writer that is to be killed: this test program again, asked by a variable to do nothing else.
    private static let variable = "MARTLET_TEST_OBJECT_WRITER"
    private static let victim: String? = getenv(variable).map { String(cString: $0) }
    private static let size = 300_000

    private static func start(_ path: String, under words: [String] = []) throws -> pid_t {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        var child = Spawn(
            words + [
                "/proc/self/exe", "--testing-library", "swift-testing", "--filter", "DirectoryCrashTests",
            ]
        )
        child.searchesPath = true
        child.environment = ["\(variable)=\(path)"]
        var entry = environ
        while let variable = entry.pointee {
            child.environment?.append(String(cString: variable))
            entry += 1
        }
        child.descriptors = [1: null, 2: null]
        return try child.start()
    }

    @Test(.enabled(if: victim != nil)) func `the writer that is killed`() throws {
        let store = DirectoryStore(path: try #require(Self.victim)), scope = TransferScope()
        for round in 0... {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: Self.size)
            try store.put(bytes, at: ObjectKey("replaced"), in: scope)
            _ = try store.create(bytes, at: ObjectKey("log/\(round % 50)"), in: scope)
            if round % 10 == 9 { try store.delete(ObjectKey("log/\((round * 7) % 50)"), in: scope) }
        }
    }

    @Test(.enabled(if: victim == nil)) func `thirty kills leave objects whole, and nothing else`()
        async throws
    {
        let folder = try StoreFolder()
        let bench = StoreBench(DirectoryStore(path: folder.path), folder)
        for _ in 0..<30 {
            let before = try? bench.status("replaced")
            let child = try Self.start(folder.path)
            defer { waitpid(child, nil, 0) }
            defer { kill(child, SIGKILL) }
            let deadline = ContinuousClock.now + .seconds(60)
            while (try? bench.status("replaced")) == before {
                try #require(ContinuousClock.now < deadline, "the writer does not write")
                usleep(500)
            }
            usleep(UInt32.random(in: 0...30_000))
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
            for key in try bench.keys() {
                let bytes = try bench.store.get(ObjectKey(key), limit: Self.size, in: bench.scope).bytes
                #expect(bytes.count == Self.size && bytes.allSatisfy { $0 == bytes[0] }, "\(key)")
            }
        }
        #expect(try !bench.keys("log/").isEmpty)
        try bench.put("last", at: "last")
        #expect(try folder.run("find .martlet -type f") == "")
    }

    @Test(.enabled(if: victim == nil)) func `what a crash left goes, and what others are writing stays`()
        throws
    {
        let folder = try StoreFolder()
        let bench = StoreBench(DirectoryStore(path: folder.path), folder)
        try folder.run("mkdir .martlet; echo half >.martlet/1-dead")
        let writer = try Descriptor.open("\(folder.path)/.martlet", O_DIRECTORY | O_RDONLY)
        try writer.lockShared()
        try folder.run("echo half >.martlet/2-alive")
        try bench.put("one", at: "one")
        #expect(try folder.run("ls .martlet") == "1-dead\n2-alive\n")
        #expect(try bench.keys() == ["one"])
        try writer.unlock()
        #expect(try bench.create("two", at: "two"))
        #expect(try folder.run("ls .martlet") == "")
    }

    @Test(.enabled(if: victim == nil && geteuid() == 0, "needs root"))
    func `a disk that is full takes nothing, and keeps what it has`() async throws {
        let folder = try StoreFolder(), path = folder.path
        let bench = StoreBench(DirectoryStore(path: path), folder)
        // The disk is in a mount namespace of the thread, and goes with it.
        try await Thread.run {
            try check("unshare", path, martlet_unshare(MARTLET_CLONE_NEWNS))
            try check("mount", "/", mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil))
            try check("mount", path, mount("none", path, "tmpfs", 0, "size=1m,mode=755"))
            try bench.put(String(repeating: "a", count: 600_000), at: "big")
            for call in [bench.put, { _ = try bench.create($0, at: $1) }] as [(String, String) throws -> Void]
            {
                for key in ["big", "new/key"] {
                    let cause = try bench.cause { try call(String(repeating: "b", count: 600_000), key) }
                    guard case .system(let error) = cause, error.errno == ENOSPC else {
                        Issue.record("\(key): \(String(describing: cause))")
                        continue
                    }
                }
            }
            #expect(try bench.keys() == ["big"] && bench.text("big").allSatisfy { $0 == "a" })
            try bench.put("small", at: "big")
            #expect(try bench.create(String(repeating: "b", count: 600_000), at: "new/key"))
        }
        #expect(try folder.run("ls -A") == "")
    }
}
