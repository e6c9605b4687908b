// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Releases
internal import TestKit
internal import Testing

/// What is on the disk of releases.
@Suite struct ReleaseFolderTests {
    private func withState(_ body: (_ state: String, ReleaseFolder) throws -> Void) throws {
        let state = "/var/tmp/martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -m 700 \(state)")
        defer { _ = try? Shell.run("rm -rf \(state)") }
        try body(state, ReleaseFolder(state: state))
    }

    private func programs(of state: String, _ name: String, _ text: String = "program") throws -> Descriptor {
        let path = "\(state)/source-\(name)"
        try Descriptor.open(path, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(Array(text.utf8))
        return try Descriptor.open(path, O_RDONLY)
    }

    @Test func `a record is there as it was written, and damage is as if there was none`() throws {
        try withState { state, folder in
            #expect(folder.read() == nil)
            var record = ReleaseRecord(installed: "1.0.0")
            record.propose(Trial(of: ReleaseRecordTests.release(1), patience: 30, running: ["a.1": 12]))
            _ = record.start(installed: "1.0.0", now: .now(), time: 4)
            try folder.write(record)
            #expect(folder.read() == record)
            #expect(try Shell.run("stat -c '%a %n' \(state)/releases \(state)/releases/*").contains("700 "))
            for damage in ["", "{", "{\"format\":1}", "{\"format\":2,\"installed\":\"1.0.0\"}", "null"] {
                try Shell.run("printf '%s' '\(damage)' >\(state)/releases/record")
                #expect(folder.read() == nil)
                try folder.write(record)
                #expect(folder.read() == record)
            }
            try Shell.run("chmod 666 \(state)/releases/record")
            #expect(folder.read() == nil)
            try folder.write(record)
            try Shell.run("cd \(state)/releases && mv record other && ln -s other record")
            #expect(folder.read() == nil)
        }
    }

    @Test func `a release is there whole or not at all, and for nobody else to write`() throws {
        try withState { state, folder in
            let release = ReleaseRecordTests.release(3)
            #expect(!folder.holds(release))
            for missing in InstalledPrograms.names {
                #expect(throws: LinuxError.self) {
                    try folder.place(release.digest) { name in
                        if name == missing { throw LinuxError("open", name, errno: ENOENT) }
                        return try programs(of: state, name)
                    }
                }
                #expect(!folder.holds(release))
                #expect(try Shell.run("ls -A \(state)/releases") == "")
            }
            #expect(throws: LinuxError.self) {
                try folder.place(release.digest) { try programs(of: state, $0, "") }
            }
            try folder.place(release.digest) { try programs(of: state, $0) }
            #expect(folder.holds(release))
            let path = try #require(folder.folder(of: release))
            #expect(try Shell.run("stat -c %a \(path)/* | sort -u") == "755\n")
            try Shell.run("chmod g+w \(path)/martlet-agent")
            #expect(!folder.holds(release))
            try Shell.run("chmod g-w \(path)/martlet-agent && chmod o+w \(path)")
            #expect(!folder.holds(release))
        }
    }

    @Test(arguments: ["", "sha256:", "sha256:../../etc", "sha512:\(String(repeating: "0", count: 64))"])
    func `a name that is no digest leads nowhere`(_ digest: String) throws {
        try withState { state, folder in
            let release = Release(digest: digest, image: "a", version: "1")
            #expect(folder.folder(of: release) == nil && !folder.holds(release))
            #expect(throws: LinuxError.self) { try folder.place(digest) { try programs(of: state, $0) } }
        }
    }

    @Test func `what is not needed is swept away, also what a crash left`() throws {
        try withState { state, folder in
            for number in 1...3 {
                try folder.place(ReleaseRecordTests.release(number).digest) { try programs(of: state, $0) }
            }
            try folder.write(ReleaseRecord(installed: "1.0.0"))
            try Shell.run("cd \(state)/releases && mkdir .0.new && touch .0.new/martlet .record.new")
            folder.sweep(keeping: [String(repeating: "2", count: 64)])
            #expect(
                try Shell.run("ls -A \(state)/releases") == "\(String(repeating: "2", count: 64))\nrecord\n"
            )
        }
    }

    @Test func `one agent at a time has a state folder`() throws {
        try withState { _, folder in
            let first = try #require(folder.claim())
            #expect(folder.claim() == nil)
            withExtendedLifetime(first) {}
        }
    }

    @Test func `programs are known by version, size and time`() throws {
        try withState { state, _ in
            try Shell.run("cd \(state) && echo a >martlet-agent && echo b >martlet-keeper && touch -d @7 *")
            let one = InstalledPrograms(folder: state, version: "1.0.0").mark
            #expect(one == "1.0.0 2@7.0 2@7.0")
            try Shell.run(
                "cp -p \(state)/martlet-agent \(state)/new && mv \(state)/new \(state)/martlet-agent"
            )
            #expect(InstalledPrograms(folder: state, version: "1.0.0").mark == one)
            try Shell.run("touch -d @8 \(state)/martlet-keeper")
            #expect(InstalledPrograms(folder: state, version: "1.0.0").mark != one)
            #expect(InstalledPrograms(folder: "\(state)/no", version: "1").mark == "1 - -")
        }
    }
}
