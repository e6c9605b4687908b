// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Desired
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// Where secrets are read, and what is said when they cannot be.
@Suite struct SecretReaderTests {
    private final class Desk {
        let path: String
        var settings = SecretSettings()
        var environment: [String: SecretContent] = [:]

        init() throws {
            path = "/dev/shm/martlet-secrets-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            try Shell.run("mkdir -m 700 \(path)")
        }

        deinit { _ = try? Shell.run("rm -rf \(path)") }

        func run(_ script: String) throws { try Shell.run("set -e; cd \(path)\n\(script)") }

        func read(_ source: Secret.Source) throws(SecretFault) -> [UInt8] {
            let reader = SecretReader(settings, environment: environment)
            return try reader.content(of: Secret(name: "s", source: source)).withBytes { Array($0) }
        }

        /// Why it cannot be read.
        func fault(_ source: Secret.Source) -> String {
            do throws(SecretFault) {
                _ = try read(source)
                return "it was read"
            } catch {
                return error.description
            }
        }
    }

    @Test func `a file is read to the byte, through a link, and nothing else is one`() throws {
        let desk = try Desk()
        try desk.run(
            """
            printf 'a\\000b\\n' >bytes; ln -s bytes link; ln -s loop loop; mkdir folder; mkfifo fifo; : >empty
            head -c 512000 /dev/zero >full; head -c 512001 /dev/zero >over; ln -s /proc/self/exe magic
            """
        )
        #expect(try desk.read(.file("\(desk.path)/bytes")) == [0x61, 0, 0x62, 0x0a])
        #expect(try desk.read(.file("\(desk.path)/link")) == [0x61, 0, 0x62, 0x0a])
        #expect(try desk.read(.file("\(desk.path)/empty")) == [])
        #expect(try desk.read(.file("\(desk.path)/full")).count == 512_000)
        let faults = [
            ("none", "does not exist: put it on the node"), ("bytes/x", "does not exist"),
            ("folder", "is not a regular file"), ("fifo", "is not a regular file"),
            ("over", "is larger than 500 KiB: use a volume"), ("loop", "cannot be read"),
            ("magic", "cannot be read"), ("../../etc/no/such", "does not exist"),
        ]
        for (name, why) in faults {
            let said = desk.fault(.file("\(desk.path)/\(name)"))
            #expect(said.hasPrefix("secret s: \(desk.path)/\(name) \(why)"), "\(said)")
        }
    }

    @Test func `a command is run as the node says, within its bounds`() throws {
        let desk = try Desk()
        func shell(_ script: String, _ timeout: Duration = .seconds(60)) {
            var command = SecretSettings.Command(["/bin/sh", "-c", script, "sh", "a b"])
            command.timeout = timeout
            desk.settings.commands = ["c": command]
        }
        shell("printf %s \"$1\"; echo noise >&2")
        #expect(try desk.read(.command("c")) == Array("a b".utf8))
        shell("env | sort | cut -d= -f1 | tr '\\n' ' '; cat")
        #expect(
            try String(decoding: desk.read(.command("c")), as: UTF8.self).split(separator: " ").allSatisfy {
                ["PATH", "HOME", "LANG", "PWD", "SHLVL", "_", "OLDPWD", "CREDENTIALS_DIRECTORY"].contains($0)
            }
        )
        shell("echo told; exit 3")
        #expect(desk.fault(.command("c")) == "secret s: command c ended with 3: run it by hand")
        shell("head -c 600000 /dev/zero")
        #expect(desk.fault(.command("c")).contains("prints more than 500 KiB"))
        shell("head -c 512000 /dev/zero")
        #expect(try desk.read(.command("c")).count == 512_000)
        // One that hangs, one whose child does, and one that closes its output first.
        for script in ["sleep 1000", "sleep 1000 & exit 0", "exec >&-; sleep 1000"] {
            shell("echo $$ >\(desk.path)/pid; \(script)", .milliseconds(300))
            #expect(desk.fault(.command("c")).contains("takes longer than"), "\(script)")
            let group = try Shell.run("cat \(desk.path)/pid").filter(\.isNumber)
            #expect(kill(-(Int32(group) ?? 0), 0) < 0 || Self.isDying(group), "\(script)")
        }
        #expect(desk.fault(.command("d")).contains("is not under 'secrets.commands' of node.yaml"))
        desk.settings.commands = ["c": .init(["\(desk.path)/no-such-program"])]
        #expect(desk.fault(.command("c")).hasPrefix("secret s: command c: posix_spawn"))
    }

    /// Whether all that is left of a process group is what nobody has waited for yet.
    private static func isDying(_ group: String) -> Bool {
        let states = try? Shell.run("ps -eo pgid=,stat= | awk '$1 == \(group) { print $2 }'")
        return states?.split(separator: "\n").allSatisfy { $0.hasPrefix("Z") } ?? false
    }

    @Test func `an age file is decrypted with the node's key`() throws {
        let desk = try Desk()
        try desk.run(
            """
            age-keygen -o key 2>out; age-keygen -o other 2>/dev/null; recipient=$(sed -n 's/^Public key: //p' out)
            printf canary >plain; age -r $recipient -o file plain; age -a -r $recipient -o armored plain
            head -c 512001 /dev/zero | age -r $recipient -o over; echo nothing >bad; printf 'age-encryption.org/v1\\n' >short
            base64 -w0 file >base64
            """
        )
        let file = Secret.Source.file("\(desk.path)/file")
        #expect(desk.fault(file).contains("this node has no key: add 'secrets: {age_identity: cred:age}'"))
        desk.settings.ageIdentity = .path("\(desk.path)/key")
        func text(_ name: String) throws -> String { try Shell.run("cat \(desk.path)/\(name)") }
        let sources: [Secret.Source] = [
            file, .file("\(desk.path)/armored"), .age(try text("armored")), .age(try text("base64")),
        ]
        for source in sources { #expect(try desk.read(source) == Array("canary".utf8)) }
        #expect(desk.fault(.file("\(desk.path)/over")).contains("holds more than 500 KiB"))
        #expect(desk.fault(.file("\(desk.path)/short")).contains("is a damaged age file"))
        #expect(desk.fault(.age("no base64")).contains("is not an age file"))
        #expect(desk.fault(.age("YWJj")).contains("is not an age file"))
        for (name, why) in [
            ("other", "is encrypted for others: add this node's recipient"),
            ("bad", "is not an age identity"),
            ("none", "no such file"), (".", "not a plain file"),
        ] {
            desk.settings.ageIdentity = .path("\(desk.path)/\(name)")
            let said = desk.fault(file)
            #expect(said.contains(why) && !said.contains("canary"), "\(said)")
        }
        try desk.run("chmod 666 key")
        desk.settings.ageIdentity = .path("\(desk.path)/key")
        #expect(desk.fault(file).contains("others can write to it"))
    }

    @Test func `variables are taken out of the environment, and only those that the node names`() throws {
        let name = "MARTLET_TEST_SECRET"
        setenv(name, "value", 1)
        let taken = SecretEnvironment.take([name, "MARTLET_TEST_ABSENT"])
        #expect(taken.keys.sorted() == [name] && getenv(name) == nil)
        let desk = try Desk()
        desk.environment = taken
        #expect(try desk.read(.environment(name)) == Array("value".utf8))
        #expect(desk.fault(.environment("HOME")).contains("is not under 'secrets.environment' of node.yaml"))
        desk.settings.environment = ["MARTLET_TEST_ABSENT"]
        #expect(
            desk.fault(.environment("MARTLET_TEST_ABSENT")).contains("was not set when the agent started")
        )
    }

    @Test func `a mark tells contents apart, and is void without its key`() throws {
        let desk = try Desk()
        func content(_ text: String) -> SecretContent {
            Array(text.utf8).withUnsafeBytes { SecretContent($0) }
        }
        let marks = try ContentMarks(runtime: desk.path)
        let mark = try #require(marks.mark(of: content("one")))
        #expect(try ContentMarks(runtime: desk.path).mark(of: content("one")) == mark)
        #expect(marks.mark(of: content("two")) != mark && !mark.contains("one"))
        #expect(marks.mark(of: content("")) != nil)
        #expect(try Shell.run("stat -c %a \(desk.path)/secret.key") == "600\n")
        let all = ["secrets.s": mark, "secrets.open": "", "configs.c": "sha256:0"]
        #expect(marks.valid(all) == all)
        for damage in [
            "rm secret.key", "head -c 5 /dev/zero >secret.key", "rm secret.key; ln -s /etc/passwd secret.key",
        ] {
            try desk.run(damage)
            let next = try ContentMarks(runtime: desk.path)
            #expect(next.mark(of: content("one")) != mark)
            #expect(next.valid(all) == ["secrets.open": "", "configs.c": "sha256:0"])
        }
        #expect(try Shell.run("head -c 5 /etc/passwd") == "root:")
    }
}
