// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

/// What only a directory can have in the way of objects.
@Suite(.timeLimit(.minutes(5))) struct DirectoryStoreTests {
    private let folder: StoreFolder
    private let bench: StoreBench

    init() throws {
        folder = try StoreFolder()
        bench = StoreBench(DirectoryStore(path: "\(folder.path)/store"), folder)
        try folder.run("mkdir store outside; echo secret >outside/file")
    }

    private func refusal(_ body: () throws -> Void) throws -> String {
        guard case .refused(let text) = try bench.cause(body) else { return "not refused" }
        return text
    }

    @Test func `an object is the file that its key names, for nobody else to read`() throws {
        try bench.put("one", at: "a/b/c")
        #expect(try folder.run("cat store/a/b/c; stat -c %a store/a store/a/b/c") == "one700\n600\n")
        try folder.run("mkdir store/by; echo hand >store/by/.hand; mv store/by/.hand store/by/hand")
        #expect(try bench.text("by/hand") == "hand\n" && bench.keys() == ["a/b/c", "by/hand"])
    }

    @Test func `folders that are left empty go, and those with something in them stay`() throws {
        for key in ["a/b/c/d", "a/b/e", "a/f/g"] { try bench.put("", at: key) }
        try bench.delete("a/b/c/d")
        try bench.delete("a/f/g")
        #expect(
            try folder.run("cd store; find . -mindepth 1 | LC_ALL=C sort")
                == "./.martlet\n./a\n./a/b\n./a/b/e\n"
        )
        try bench.delete("a/b/e")
        #expect(try folder.run("ls store") == "")
    }

    @Test func `no key is the beginning of another one`() throws {
        try bench.put("one", at: "a/b")
        for call in [bench.put, { _ = try bench.create($0, at: $1) }] as [(String, String) throws -> Void] {
            #expect(try refusal { try call("two", "a") }.contains("other objects' keys begin with it"))
            #expect(
                try refusal { try call("two", "a/b/c") }.contains("another object's key is the beginning")
            )
        }
        #expect(try bench.cause { _ = try bench.text("a") } == .absent)
        #expect(try bench.cause { _ = try bench.text("a/b/c") } == .absent)
        try bench.delete("a")
        try bench.delete("a/b/c")
        #expect(try bench.keys() == ["a/b"] && bench.text("a/b") == "one")
        #expect(try folder.run("ls -A store/.martlet") == "")
    }

    @Test func `no symbolic link leads anywhere`() throws {
        try folder.run(
            "cd store; ln -s ../outside out; ln -s ../outside/file link; ln -s ../outside/new dangling; ln -s . self"
        )
        for key in ["out/file", "link", "dangling", "self/link"] {
            #expect(
                try refusal { _ = try bench.text(key) }.contains("a symbolic link is in its way"),
                "\(key)"
            )
            #expect(
                try refusal { _ = try bench.status(key) }.contains("a symbolic link is in its way"),
                "\(key)"
            )
        }
        for key in ["out/new", "self/new"] {
            #expect(try refusal { try bench.put("x", at: key) }.contains("a symbolic link"), "\(key)")
            #expect(try refusal { _ = try bench.create("x", at: key) }.contains("a symbolic link"), "\(key)")
            #expect(try refusal { try bench.delete(key) }.contains("a symbolic link"), "\(key)")
        }
        #expect(try refusal { try bench.delete("out/file") }.contains("a symbolic link"))
        #expect(try bench.keys().isEmpty && bench.keys("out/").isEmpty && bench.keys("self/").isEmpty)
        // In the place of an object a link is a name like any other: taken, replaced, removed, and not followed.
        #expect(try !bench.create("x", at: "dangling"))
        try bench.put("x", at: "link")
        try bench.put("x", at: "dangling")
        #expect(try bench.text("link") == "x" && bench.text("dangling") == "x")
        try bench.delete("self")
        #expect(
            try folder.run("ls outside; cat outside/file; ls store") == "file\nsecret\ndangling\nlink\nout\n"
        )
        // The directory itself may be found by one.
        try folder.run("ln -s store by-link")
        let other = StoreBench(DirectoryStore(path: "\(folder.path)/by-link"), folder)
        #expect(try other.text("link") == "x")
        // Nor does the store's own folder lead away.
        try folder.run("rmdir store/.martlet; ln -s ../outside store/.martlet")
        #expect(try refusal { try bench.put("x", at: "new") }.contains("a symbolic link"))
        #expect(try folder.run("ls outside") == "file\n")
    }

    @Test func `a folder that turns into a link meanwhile leads nothing outside`() async throws {
        let bench = bench, path = folder.path
        try bench.put("inside", at: "a/file")
        try folder.run("ln -s ../outside store/link")
        _ = try await ObjectStoreSuite.together(3) { index -> Int? in
            for round in 0..<300 {
                guard index > 0 else {
                    let (one, other) = ("\(path)/store/a", "\(path)/store/link"),
                        here = Descriptor.workingDirectory
                    let flags = UInt32(MARTLET_RENAME_EXCHANGE)
                    try check("renameat2", one, martlet_renameat2(here, one, here, other, flags))
                    continue
                }
                do {
                    if index == 1 {
                        #expect(try bench.text("a/file") == "inside")
                    } else {
                        try bench.put("inside", at: "a/new\(round)")
                        try bench.delete("a/new\(round)")
                    }
                } catch let error as ObjectError {
                    guard case .refused(let text) = error.cause, text.contains("symbolic link") else {
                        Issue.record("\(error)")
                        return nil
                    }
                }
            }
            return nil
        }
        #expect(try folder.run("ls outside; cat outside/file") == "file\nsecret\n")
    }

    @Test func `what is no plain file is no object`() throws {
        try folder.run(
            "cd store; mkfifo fifo; mkdir dir; python3 -c 'import socket as s; s.socket(s.AF_UNIX).bind(\"sock\")'"
        )
        for key in ["fifo", "sock"] {
            #expect(try refusal { _ = try bench.text(key) }.contains("not a plain file"), "\(key)")
            #expect(try !bench.create("x", at: key))
        }
        #expect(try bench.cause { _ = try bench.text("dir") } == .absent)
        #expect(try refusal { try bench.put("x", at: "dir") }.contains("other objects' keys begin with it"))
        // Names that are no keys.
        try folder.run(
            "cd store; touch \"$(printf 'b\\377')\" \"$(printf 'new\\nline')\"; mkdir \"$(printf 'd\\377')\"; touch \"$(printf 'd\\377')/x\""
        )
        #expect(try bench.keys().isEmpty)
        try bench.put("x", at: "fifo")
        #expect(try bench.keys() == ["fifo"])
    }

    @Test func `the store's own folder is no place for objects`() throws {
        try bench.put("x", at: "dir/.martlet/x")
        for key in [".martlet", ".martlet/x"] {
            let calls: [() throws -> Void] = [
                { _ = try bench.text(key) }, { _ = try bench.status(key) }, { try bench.put("", at: key) },
                { _ = try bench.create("", at: key) }, { try bench.delete(key) },
            ]
            for call in calls { #expect(try refusal(call).contains("'.martlet' is the store's own")) }
        }
        try folder.run("touch store/.martlet/file")
        #expect(try bench.keys() == ["dir/.martlet/x"] && bench.keys(".martlet").isEmpty)
        #expect(try bench.keys(".martlet/").isEmpty)
    }

    @Test func `a directory that is not there, or is others' too, is no store`() throws {
        func cause(_ path: String) throws -> ObjectError.Cause? {
            let store = DirectoryStore(path: path)
            let key = try ObjectKey("a")
            let causes = try [
                { _ = try store.get(key, limit: 1, in: bench.scope) },
                { try store.put([], at: key, in: bench.scope) },
                { _ = try store.list("", after: nil, limit: 1, in: bench.scope) },
            ].map { try bench.cause($0) }
            #expect(Set(causes.map { "\(String(describing: $0))" }).count == 1)
            return causes.first ?? nil
        }
        let path = folder.path
        #expect(
            try cause("\(path)/none") == .unavailable("\(path)/none does not exist: make it, or mount it")
        )
        #expect(
            try cause("\(path)/outside/file") == .refused("\(path)/outside/file is not a directory: name one")
        )
        for mode in ["777", "1777", "775", "757"] {
            try folder.run("mkdir -p open; chmod \(mode) open")
            guard case .refused(let text) = try cause("\(path)/open") else {
                Issue.record("\(mode) was taken")
                continue
            }
            #expect(text.hasPrefix("others can write to \(path)/open:"))
        }
        #expect(try folder.run("ls -A open none 2>/dev/null || true") == "open:\n")
    }

    @Test func `what somebody else is writing in its place is not read before that is over`() throws {
        let path = "\(folder.path)/store/slow"
        let file = try Descriptor.open(path, O_CREAT | O_WRONLY, mode: 0o600)
        try file.write(Array("half".utf8))
        guard case .unavailable(let text) = try bench.cause({ _ = try bench.text("slow") }) else {
            Issue.record("half of it was read")
            return
        }
        #expect(text.contains("somebody writes to it"))
        try file.write(Array(" and half".utf8))
        _ = consume file
        #expect(try bench.text("slow") == "half and half")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `what cannot be taken away is not said to be gone`() async throws {
        let bench = bench, path = "\(folder.path)/store/a/held"
        try bench.put("x", at: "a/held")
        // In a mount namespace of the thread, which goes with it.
        try await Thread.run {
            try check("unshare", path, martlet_unshare(MARTLET_CLONE_NEWNS))
            try check("mount", "/", mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil))
            try check("mount", path, mount(path, path, nil, UInt(MS_BIND), nil))
            guard case .system(let error) = try bench.cause({ try bench.delete("a/held") }) else {
                Issue.record("it was said to be gone")
                return
            }
            #expect(error.errno == EBUSY)
        }
        try bench.delete("a/held")
        #expect(try bench.keys().isEmpty)
    }

    @Test func `a list has no more than a thousand objects, however many there are`() throws {
        try folder.run("mkdir store/many; cd store/many; seq -w 1 2500 | xargs touch")
        let page = try bench.store.list("", after: nil, limit: .max, in: bench.scope)
        #expect(page.entries.count == 1_000 && page.next?.text == "many/1000")
        #expect(try bench.keys().count == 2_500)
    }
}
