// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Keys
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Agent

/// The first boot of a node.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct ProvisioningTests {
    private static let text = """
        format: 1
        files:
          - { path: node.yaml, content: "format: 1\\n" }
          - { path: apps.d/a.yaml, mode: "0644", content: "name: a\\nservices: {a: {image: b}}\\n" }
        """

    private func withFolder(_ body: (String, Provisioning) throws -> Void) throws {
        let folder = "/var/tmp/martlet-provision-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -p \(folder)/etc \(folder)/state; echo 'format: 1' >\(folder)/etc/node.yaml")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try body(folder, Provisioning(settings: "\(folder)/etc"))
    }

    @Test func `files are put in their place, with what is left of an attempt before, and a mark says so`()
        throws
    {
        try withFolder { folder, provisioning in
            #expect(try provisioning.mark() == nil)
            // Of a boot that lost its power.
            try Shell.run(
                "mkdir -p \(folder)/etc/.provision/apps.d; echo half >\(folder)/etc/.provision/node.yaml"
            )
            try provisioning.run(Array(Self.text.utf8), from: "here")
            #expect(
                try Shell.run("cd \(folder)/etc; find . -type f ! -name '.*' -printf '%P %m\\n' | sort")
                    == "apps.d/a.yaml 644\nnode.yaml 600\n"
            )
            #expect(
                try Shell.run("cat \(folder)/etc/apps.d/a.yaml") == "name: a\nservices: {a: {image: b}}\n"
            )
            let mark = try #require(try provisioning.mark())
            #expect(mark.sha256 == HashFunction.sha256.hex(Array(Self.text.utf8)) && mark.source == "here")
            #expect(try Shell.run("ls -A \(folder)/etc") == ".provisioned\napps.d\nnode.yaml\n")
        }
    }

    @Test func `what is no good, or in the way, changes nothing`() throws {
        try withFolder { folder, provisioning in
            let before = try Shell.run("find \(folder) -printf '%p %T@ %s\\n' | sort")
            #expect(throws: Report.self) { try provisioning.run(Array("format: 1".utf8), from: "here") }
            #expect(throws: AgentError.self) { try provisioning.run([0xFF, 0xFE], from: "here") }
            #expect(try Shell.run("find \(folder) -printf '%p %T@ %s\\n' | sort") == before)
            try Shell.run("ln -s /etc \(folder)/etc/apps.d")
            #expect(
                throws: AgentError(
                    "provision",
                    "\(folder)/etc/apps.d",
                    "is there, and is not a folder: remove it"
                )
            ) {
                try provisioning.run(Array(Self.text.utf8), from: "here")
            }
            #expect(
                try Shell.run("cat \(folder)/etc/node.yaml") == "format: 1\n" && provisioning.mark() == nil
            )
        }
    }

    @Test func `a file that cannot be put in its place leaves all others as they were`() throws {
        try withFolder { folder, provisioning in
            try Shell.run(
                """
                cd \(folder)/etc; echo '# mine' >node.yaml; mkdir apps.d; echo '# too' >apps.d/a.yaml
                mount --bind apps.d/a.yaml apps.d/a.yaml
                """
            )
            defer { _ = try? Shell.run("umount \(folder)/etc/apps.d/a.yaml") }
            #expect(throws: LinuxError.self) { try provisioning.run(Array(Self.text.utf8), from: "here") }
            #expect(try Shell.run("cd \(folder)/etc; cat node.yaml apps.d/a.yaml") == "# mine\n# too\n")
            #expect(
                try Shell.run("cd \(folder)/etc; find . -type f | sort") == "./apps.d/a.yaml\n./node.yaml\n"
            )
            #expect(try provisioning.mark() == nil)
            try Shell.run("umount \(folder)/etc/apps.d/a.yaml; rm -r \(folder)/state")
            try provisioning.run(Array(Self.text.utf8), from: "here")
            #expect(try Shell.run("cat \(folder)/etc/node.yaml") == "format: 1\n")
            // The state is a cache: without it the node is still one that was provisioned.
            try Shell.run("rm -rf \(folder)/state")
            #expect(try provisioning.mark()?.source == "here")
        }
    }

    @Test func `what cannot be put in its place at the end has all brought back that was`() throws {
        try withFolder { folder, provisioning in
            // Nothing can be moved there from another mount, and nothing tells before it is tried.
            try Shell.run("cd \(folder)/etc; mkdir apps.d; mount --bind apps.d apps.d")
            defer { _ = try? Shell.run("umount \(folder)/etc/apps.d") }
            let target = "\(folder)/etc/apps.d/a.yaml"
            #expect(throws: LinuxError("rename", target, errno: EXDEV)) {
                try provisioning.run(Array(Self.text.utf8), from: "here")
            }
            #expect(try Shell.run("cd \(folder)/etc; ls -A . apps.d") == ".:\napps.d\nnode.yaml\n\napps.d:\n")
            #expect(
                try Shell.run("cat \(folder)/etc/node.yaml; stat -c %h \(folder)/etc/node.yaml")
                    == "format: 1\n1\n"
            )
        }
    }

    @Test func `a journal that cannot be read is no half of a node`() throws {
        try withFolder { folder, provisioning in
            try Shell.run("echo half >\(folder)/etc/.provision-journal; mkdir \(folder)/etc/.provision")
            let error = #expect(throws: AgentError.self) { try provisioning.recover() }
            #expect(error?.subject == "\(folder)/etc/.provision-journal")
            #expect(try Shell.run("ls -A \(folder)/etc") == ".provision\n.provision-journal\nnode.yaml\n")
        }
    }

    @Test func `it is looked for where the kernel was told, in a credential, and on a drive`() throws {
        try withFolder { folder, _ in
            func find(_ line: String) throws -> ProvisionPlace? {
                try ProvisionPlace.find(
                    commandLine: line,
                    credentials: "\(folder)/state",
                    labels: "\(folder)/etc"
                )
            }
            #expect(try find("quiet ro\n") == nil)
            try Shell.run("touch \(folder)/etc/MARTLET")
            #expect(try find("quiet")?.kind == .drive("\(folder)/etc/MARTLET"))
            try Shell.run("touch \(folder)/state/martlet.provision")
            #expect(try find("quiet")?.kind == .file("\(folder)/state/martlet.provision"))
            let digest = String(repeating: "0a", count: 32)
            let place = try find("a martlet.provision=http://x.example/a martlet.provision.sha256=\(digest)")
            #expect(place?.kind == .url("http://x.example/a") && place?.digest == digest)
            #expect(try find("martlet.provision=/a martlet.provision=/b\n")?.kind == .file("/b"))
            for wrong in [
                "martlet.provision=http://x.example/a", "martlet.provision=ftp://x.example/a",
                "martlet.provision=a",
                "martlet.provision=/a martlet.provision.sha256=12",
                "martlet.provision.sha256=\(digest.uppercased())",
            ] { #expect(throws: AgentError.self, "\(wrong)") { try find(wrong) } }
            // A digest is of something.
            try Shell.run("rm \(folder)/etc/MARTLET \(folder)/state/martlet.provision")
            let error = #expect(throws: AgentError.self) { try find("martlet.provision.sha256=\(digest)") }
            let cause = error?.cause ?? ""
            #expect(cause.contains("martlet.provision.sha256 ") && cause.contains("martlet.provision="))
        }
    }

    @Test func `the kernel of a container is not asked`() throws {
        try withFolder { folder, _ in
            try Shell.run("echo martlet.provision=/a >\(folder)/line")
            func line(_ container: String) throws -> String {
                try ProvisionPlace.commandLine("\(folder)/line", container: container)
            }
            #expect(try line("\(folder)/nothing") == "martlet.provision=/a\n")
            #expect(try line("\(folder)/line") == "")
        }
    }

    @Test func `a node with apps takes no drive that nobody vouches for`() throws {
        try withFolder { folder, _ in
            let digest = String(repeating: "0a", count: 32), told = Mutex<[String]>([])
            func find(_ line: String, credentials: String? = nil) throws -> ProvisionPlace.Kind? {
                try ProvisionPlace.find(
                    commandLine: line,
                    credentials: credentials,
                    labels: "\(folder)/etc",
                    hasApps: true
                ) { why in told.withLock { $0.append(why) } }?.kind
            }
            #expect(try find("") == nil)
            #expect(told.withLock { $0 } == [])
            let drive = "\(folder)/etc/MARTLET"
            try Shell.run("touch \(drive)")
            #expect(try find("") == nil)
            #expect(
                told.withLock { $0 } == [
                    "\(drive) is left alone, as this node has apps: give the kernel martlet.provision.sha256= of its text"
                ]
            )
            #expect(try find("martlet.provision.sha256=\(digest)") == .drive(drive))
            #expect(try find("martlet.provision=/a") == .file("/a"))
            try Shell.run("touch \(folder)/state/martlet.provision")
            let credential = try find("", credentials: "\(folder)/state")
            #expect(credential == .file("\(folder)/state/martlet.provision"))
        }
    }

    @Test func `a node has apps once a generation was accepted`() async throws {
        let folder = try RecordsFolder()
        let folders = try Folders(state: folder.state, runtime: folder.runtime)
        #expect(!folders.knowApps())
        do {
            let records = try await folder.open()
            #expect(!folders.knowApps())
            try await records.accept(.sample("shop", 1))
        }
        #expect(folders.knowApps())
        // Whoever cannot tell takes nothing from strangers.
        try folder.overwrite(folder.database, Array("no database".utf8))
        #expect(folders.knowApps())
    }

    @Test func `a server is asked until it has it, and what is not what was asked for is refused`() throws {
        let answers = Mutex(0)
        let server = try WebServer { _ in
            let number = answers.withLock { count in
                count += 1
                return count
            }
            return number < 3 ? Answer(status: number == 1 ? 503 : 404) : Answer(body: Array(Self.text.utf8))
        }
        let url = "http://\(server.name)/node.yaml"
        let told = Mutex<[String]>([])
        func read(_ digest: String) throws -> [UInt8] {
            let place = try ProvisionPlace.find(
                commandLine: "martlet.provision=\(url) martlet.provision.sha256=\(digest)",
                credentials: nil
            )
            let found = try #require(place)
            return try #require(try found.read(mount: "/nowhere") { why in told.withLock { $0.append(why) } })
        }
        let digest = HashFunction.sha256.hex(Array(Self.text.utf8))
        #expect(try read(digest) == Array(Self.text.utf8))
        #expect(told.withLock { $0 } == ["\(url): the server answers 503", "\(url): the server answers 404"])
        #expect(throws: AgentError.self) { try read(String(repeating: "0", count: 64)) }
    }

    @Test func `a drive is read, and nothing of it stays`() throws {
        try withFolder { folder, _ in
            try Shell.run(
                """
                set -e; cd \(folder); mkdir top; echo 'format: 1' >top/provision.yaml; ln -s /etc/shadow top/link
                mkfs.ext4 -q -d top -L MARTLET drive 8M; losetup --find --show drive >loop; ln -s $(cat loop) etc/MARTLET
                """
            )
            defer { _ = try? Shell.run("losetup -d $(cat \(folder)/loop)") }
            let place = try ProvisionPlace.find(commandLine: "", credentials: nil, labels: "\(folder)/etc")
            let found = try #require(place)
            let bytes = try #require(try found.read(mount: "\(folder)/mount") { _ in })
            #expect(String(decoding: bytes, as: UTF8.self) == "format: 1\n")
            // One that cannot be read is no node without a drive.
            let device = "\(folder)/etc/MARTLET"
            try Shell.run("rm \(device); head -c 1M /dev/zero >\(device)")
            let error = #expect(throws: AgentError.self) { try found.read(mount: "\(folder)/mount") { _ in } }
            #expect(error?.subject == device && error?.cause.contains("mount vfat: ") == true)
            #expect(access("\(folder)/mount", F_OK) != 0)
            // A disk of that name that is for something else.
            try Shell.run(
                """
                set -e; cd \(folder); rm \(device); losetup -d $(cat loop); rm top/provision.yaml drive
                mkfs.ext4 -q -d top -L MARTLET drive 8M; losetup --find --show drive >loop; ln -s $(cat loop) \(device)
                """
            )
            #expect(try found.read(mount: "\(folder)/mount") { _ in } == nil)
            let digest = String(repeating: "0a", count: 32)
            let wanted = try #require(
                try ProvisionPlace.find(
                    commandLine: "martlet.provision.sha256=\(digest)",
                    credentials: nil,
                    labels: "\(folder)/etc"
                )
            )
            #expect(throws: AgentError.self) { try wanted.read(mount: "\(folder)/mount") { _ in } }
            #expect(access("\(folder)/mount", F_OK) != 0)
            #expect(try !Shell.run("cat /proc/self/mounts").contains(folder))
        }
    }
}
