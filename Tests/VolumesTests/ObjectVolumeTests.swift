// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Volumes

/// Folders whose files are objects that others read and write, too.
@Suite(.timeLimit(.minutes(5))) struct ObjectVolumeTests {
    /// A store of files, and folders of nodes.
    private final class Bench: Sendable {
        let folder: String
        let store: MeasuredStore
        let scope = TransferScope()

        init() throws {
            folder = "/var/tmp/martlet-objects-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            try Shell.run("umask 022; mkdir -p \(folder)/store \(folder)/incoming \(folder)/a \(folder)/b")
            store = MeasuredStore(DirectoryStore(path: "\(folder)/store"))
        }

        deinit { _ = try? Shell.run("rm -rf \(folder)") }

        func volume() throws -> ObjectVolume { ObjectVolume(try ObjectPlace("site/files"), in: store) }

        private func opened(_ name: String) throws -> Descriptor {
            try Descriptor.open("\(folder)/\(name)", O_RDONLY | O_DIRECTORY)
        }

        func send(_ volume: ObjectVolume, _ name: String = "a") throws -> ObjectVolume.Sent? {
            try volume.send(opened(name), beside: opened("incoming"), in: scope)
        }

        func fetch(_ volume: ObjectVolume, _ name: String = "a") throws -> Int {
            defer { _ = try? run("rm -rf incoming; mkdir incoming") }
            return try volume.fetch(opened(name), beside: opened("incoming"), in: scope)
        }

        /// Runs a shell script; its output.
        @discardableResult
        func run(_ script: String) throws -> String {
            try Shell.run("set -e; umask 022; cd \(folder)\n\(script)\n")
        }

        /// The files of a folder with what is in them.
        func files(_ name: String) throws -> String {
            try run("cd \(name); find . -type f | sort | xargs -r -d '\\n' sha256sum")
        }

        /// What was asked since the last time, by operation.
        func asked(_ body: () throws -> Void) throws -> [String: Int] {
            let before = store.figures.mapValues(\.count)
            try body()
            return store.figures.mapValues(\.count).merging(before) { $0 - $1 }.filter { $0.value != 0 }
        }
    }

    @Test func `each file is one request, and what did not change is none`() throws {
        let bench = try Bench(), volume = try bench.volume()
        try bench.run("mkdir -p a/many; cd a/many; for n in $(seq 2000); do echo $n >$n; done")
        var asked = try bench.asked {
            let sent = try bench.send(volume)
            #expect(sent?.put == 2_000 && sent?.removed == 0)
        }
        #expect(asked["create"] == 2_000 && asked["list"] ?? 0 <= 4 && asked.count == 2, "\(asked)")
        #expect(try bench.files("a") == bench.files("store/site/files"))
        // Touched is not changed.
        try bench.run("sleep 0.03; touch a/many/*")
        asked = try bench.asked {
            let sent = try bench.send(volume)
            #expect(sent == nil)
        }
        #expect(asked == [:], "\(asked)")
        asked = try bench.asked {
            let count = try bench.fetch(bench.volume(), "b")
            #expect(count == 2_000)
        }
        #expect(asked["get"] == 2_000 && asked["list"] ?? 0 <= 3 && asked.count == 2, "\(asked)")
        #expect(try bench.files("b") == bench.files("a"))
        // One of many is looked at, put, and looked at.
        try bench.run("echo new >a/many/7")
        asked = try bench.asked {
            let count = try bench.send(volume)?.put
            #expect(count == 1)
        }
        #expect(asked == ["head": 1, "put": 1], "\(asked)")
        try bench.run("rm -r a/many")
        asked = try bench.asked {
            let count = try bench.send(volume)?.removed
            #expect(count == 2_000)
        }
        #expect(asked["delete"] == 1 && asked["list"] ?? 0 <= 3 && asked.count == 2, "\(asked)")
        #expect(try bench.run("find store -type f") == "")
    }

    @Test func `files of all kinds of names and sizes come back, and belong to whom their folder belongs to`()
        throws
    {
        let bench = try Bench(), volume = try bench.volume()
        try bench.run(
            """
            cd a; mkdir -p 'deep/in here'; : >empty; echo 1 >'deep/in here/ñ %20+&"file'; head -c 3000000 /dev/urandom >large
            echo 2 >.hidden; head -c 1048576 /dev/zero >even; ln large again; mkfifo fifo; mkdir none
            chown 7:8 ../b; chmod 4755 empty
            """
        )
        let sent = try bench.send(volume)
        #expect(sent?.put == 6 && volume.refusal == nil, "\(String(describing: sent))")
        #expect(try bench.fetch(bench.volume(), "b") == 6)
        #expect(try bench.files("b") == bench.files("a"))
        #expect(
            try bench.run("cd b; find . -mindepth 1 -printf '%U:%G %m %y\n' | sort -u")
                == "7:8 644 f\n7:8 755 d\n"
        )
        let time = "stat -c %Y"
        #expect(
            try bench.run("\(time) b/large") == bench.run("\(time) store/site/files/large")
        )
        // What is known is the same when it was kept.
        let kept = try ObjectState(volume.state.encoded())
        #expect(kept == volume.state && kept.files.count == 6)
        #expect(throws: FormatFlaw.self) { try ObjectState(volume.state.encoded().dropLast() + [0]) }
    }

    @Test func `what others do comes here, what is done here goes there, and of what both did there are two`()
        throws
    {
        let bench = try Bench(), volume = try bench.volume()
        try bench.run("cd a; for n in same theirs ours both gone left equal; do echo $n >$n; done")
        _ = try bench.send(volume)
        try bench.run(
            """
            sleep 0.03
            cd store/site/files; echo changed >theirs; echo "of the store" >both; rm gone; echo new >there; echo e >equal
            cd ../../../a; echo changed >ours; echo "of here" >both; rm left; echo new >here; echo e >equal
            """
        )
        // theirs, there, and gone; equal is the same already.
        #expect(try bench.fetch(volume) == 4)
        let second = try bench.run("cd a; ls both.theirs-*").trimmed
        #expect(
            try bench.run("cd a; head -n 9 both both.* equal here ours same theirs there; ls")
                == bench.run(
                    """
                    cd a; show() { echo "==> $1 <=="; echo "$2"; [ "$1" = there ] || echo; }
                    show both "of here"; show \(second) "of the store"; show equal e; show here new; show ours changed
                    show same same; show theirs changed; show there new
                    printf '%s\\n' both \(second) equal here ours same theirs there
                    """
                )
        )
        #expect(try bench.send(volume)?.put == 4)
        #expect(try bench.files("a") == bench.files("store/site/files"))
        #expect(try bench.send(volume) == nil && bench.fetch(volume) == 0)
        // What somebody put since is not replaced either where nobody looked before.
        try bench.run("sleep 0.03; echo 'once more' >store/site/files/ours; echo mine >a/ours")
        _ = try bench.send(volume)
        _ = try bench.send(volume)
        #expect(try bench.run("cat store/site/files/ours store/site/files/ours.*") == "mine\nonce more\n")
    }

    @Test func `what is written through a mapping that was written before is sent`() throws {
        let bench = try Bench(), volume = try bench.volume()
        let file = try MappedFile("\(bench.folder)/a/mapped")
        for round in 1...4 {
            file.write()
            // So long ago that its times alone are believed.
            try bench.run("sleep 0.05")
            #expect(try bench.send(volume)?.put == 1, "round \(round)")
            #expect(try bench.files("a") == bench.files("store/site/files"), "round \(round)")
        }
        #expect(try bench.send(volume) == nil)
    }

    @Test(arguments: [false, true])
    func `what somebody put just after us, of the same size, is theirs`(isWeak: Bool) throws {
        let bench = try Bench(), place = try ObjectPlace("site/files")
        var store = OthersStore(inner: bench.store, theirs: ["site/files/one": Array("theirs\n".utf8)])
        store.isWeak = isWeak
        let volume = ObjectVolume(place, in: store)
        try bench.run("echo ours-1 >a/one; echo 2 >a/two; sleep 0.05")
        #expect(try bench.send(volume)?.put == 2)
        // It was not changed here since it was sent.
        #expect(try bench.fetch(volume) == 1)
        #expect(try bench.run("cat a/one a/two; ls a") == "theirs\n2\none\ntwo\n")
    }

    /// The larger one goes in one request, though others of its size do not.
    @Test(arguments: [100, 3_000_000])
    func `a new file whose name somebody took since it was looked for is kept beside theirs`(size: Int) throws
    {
        let bench = try Bench(), place = try ObjectPlace("site/files")
        var store = OthersStore(inner: bench.store)
        store.first = ["site/files/one": Array("theirs\n".utf8), "site/files/same": Array("same\n".utf8)]
        let volume = ObjectVolume(place, in: store)
        try bench.run("head -c \(size) /dev/urandom >a/one; echo 2 >a/two; echo same >a/same; sleep 0.05")
        #expect(try bench.send(volume)?.put == 2)
        #expect(try bench.run("cat a/one.theirs-*; ls a | wc -l; stat -c %s a/one") == "theirs\n4\n\(size)\n")
        #expect(try bench.send(volume)?.put == 1)
        #expect(try bench.send(volume) == nil)
        #expect(try bench.files("a") == bench.files("store/site/files"))
        #expect(try bench.fetch(volume) == 0)
    }

    @Test func `where a store keeps no one of two a look comes before each put, and no more`() throws {
        let bench = try Bench(), place = try ObjectPlace("site/files")
        var store = OthersStore(inner: bench.store, isWeak: true)
        store.first = ["site/files/one": Array("theirs\n".utf8)]
        let volume = ObjectVolume(place, in: store)
        try bench.run("echo ours >a/one")
        #expect(try bench.send(volume)?.put == 1)
        #expect(try bench.run("cat store/site/files/one; ls a") == "ours\none\n")
    }

    @Test func `a file whose object is in no list yet stays, and is taken away by who wants that`() throws {
        let bench = try Bench(), place = try ObjectPlace("site/files")
        let before = try bench.volume()
        try bench.run("echo 1 >a/one; echo 2 >a/two; echo 3 >a/three")
        _ = try bench.send(before)
        try bench.run("rm store/site/files/three")
        let store = OthersStore(inner: bench.store, late: ["site/files/one"])
        let volume = ObjectVolume(place, in: store, knowing: before.state)
        #expect(try bench.fetch(volume) == 1)
        #expect(try bench.run("ls a") == "one\ntwo\n")
        try bench.run("rm a/one a/two")
        #expect(try bench.send(volume)?.removed == 2)
        #expect(try bench.run("ls store/site 2>/dev/null || true") == "")
    }

    @Test func `a store that has nothing any more takes nothing from here`() throws {
        let bench = try Bench(), volume = try bench.volume()
        try bench.run("echo 1 >a/one; echo 2 >a/two")
        _ = try bench.send(volume)
        try bench.run("rm -r store/site")
        #expect(try bench.fetch(volume) == 0)
        #expect(try bench.send(volume)?.put == 2)
        #expect(try bench.files("a") == bench.files("store/site/files"))
    }

    @Test func `what can be no object is told by its name, and all else is sent`() throws {
        let bench = try Bench(), volume = try bench.volume()
        func reason() -> String { volume.refusal?.description ?? "" }
        try bench.run("cd a; echo 1 >one; ln -s /etc/passwd link")
        #expect(try bench.send(volume)?.put == 1)
        #expect(
            reason().contains("site/files/link: is a symbolic link") && reason().contains("'mode: snapshot'")
        )
        try bench.run("cd a; rm link; touch \"$(printf 'bad\\377')\" \"$(printf 'new\\nline')\"; echo 2 >two")
        #expect(try bench.send(volume)?.put == 1)
        #expect(
            reason().contains("has no key: is no UTF-8") && reason().contains("and 1 more"),
            "\(reason())"
        )
        try bench.run("cd a; rm bad* new*")
        #expect(try bench.send(volume) == nil && volume.refusal == nil)
        #expect(try bench.run("ls store/site/files") == "one\ntwo\n")
        // A folder where a file was, and a file where a folder was.
        try bench.run("cd a; rm one two; mkdir one; echo 1 >one/below; echo 2 >two")
        _ = try bench.send(volume)
        try bench.run("cd a; rm -r one; echo 3 >one")
        _ = try bench.send(volume)
        #expect(try bench.files("a") == bench.files("store/site/files"))
    }

    @Test func `nothing is written where a link of the container leads`() throws {
        let bench = try Bench(), volume = try bench.volume()
        try bench.run(
            """
            mkdir outside; echo mine >outside/x; ln -s ../outside a/way; ln -s ../outside/x a/name; mkdir a/folder
            cd store; mkdir -p site/files/way; cd site/files; echo theirs >way/x; echo theirs >name; echo theirs >folder
            echo fine >other
            """
        )
        #expect(try bench.fetch(volume) == 1)
        #expect(try bench.run("cat outside/x a/other; ls outside; ls -A a/folder") == "mine\nfine\nx\n")
        let reason = volume.refusal?.description ?? ""
        #expect(reason.contains("site/files/folder") || reason.contains("site/files/name"), "\(reason)")
    }

    @Test func `a file that changes all the time is sent once it does not`() async throws {
        let bench = try Bench(), volume = try bench.volume()
        let writer = try ForegroundRun(
            ["/bin/sh", "-c", "echo ready; while :; do echo line >>\(bench.folder)/a/log; done"],
            output: "\(bench.folder)/output"
        )
        try await writer.wait(for: "ready")
        for _ in 0..<5 { _ = try bench.send(volume) }
        writer.kill()
        _ = try bench.send(volume)
        #expect(try bench.files("a") == bench.files("store/site/files"))
    }

    @Test(arguments: ["", "/", "a/", "/a", "a//b", "../a", "a\u{7}"])
    func `keys begin with what they can begin with`(_ prefix: String) {
        #expect(throws: VolumeError.self) { try ObjectPlace(prefix) }
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { $0 != "\n" }) }
}
