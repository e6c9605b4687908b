// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// `martlet store` on a directory; servers are asked in the same words.
@Suite(.timeLimit(.minutes(5))) final class StoreVerbTests {
    private let folder = "/var/tmp/martlet-test-\(getpid())-store-\(UInt32.random(in: 0...UInt32.max))"

    init() throws {
        try Shell.run(
            """
            umask 022; mkdir -p \(folder)/objects \(folder)/tree/deep; cd \(folder)
            printf 'format: 1\\nstores:\\n  files: { dir: { path: \(folder)/objects } }\\n' >node.yaml
            head -c 100000 /dev/urandom >tree/one; echo two >tree/deep/two
            """
        )
    }

    deinit { _ = try? Shell.run("rm -rf \(folder)") }

    private func output(_ words: String...) throws -> String {
        let command = try Command(["store", words[0], "--node", "\(folder)/node.yaml"] + words.dropFirst())
        #expect(command.code == 0 && command.complaint == "", "\(words): \(command.complaint)")
        return command.output
    }

    @Test func `files and folders go to a store and come back`() throws {
        #expect(try output("ls").contains("files  dir   \(folder)/objects"))
        #expect(try output("put", "files", "\(folder)/tree/one") == "one 97.7 KiB\n")
        #expect(
            try output("put", "--json", "files", "\(folder)/tree", "a/b")
                == "{\"bytes\":100004,\"objects\":2}\n"
        )
        let keys = try output("ls", "--json", "files").split(separator: "\n")
        #expect(
            keys.count == 3 && keys[0].contains("\"key\":\"a/b/deep/two\"") && keys[0].contains("\"size\":4")
        )
        #expect(
            try output("ls", "files", "a/b/o").split(separator: "\n").last?.hasSuffix("  a/b/one") == true
        )
        #expect(try output("get", "files", "a/b/", "\(folder)/back").contains("2 objects"))
        #expect(try Shell.run("cd \(folder); diff -r tree back && ls -A back") == "deep\none\n")
        let hash = try Shell.run("sha256sum \(folder)/tree/one | cut -c1-64").prefix(64)
        _ = try output("get", "--sha256", String(hash), "files", "one", "\(folder)/same")
        #expect(try output("rm", "-r", "files", "a/") == "2 removed\n")
        #expect(try output("rm", "files", "one", "one") == "2 removed\n")
        #expect(try Shell.run("ls \(folder)/objects") == "")
    }

    @Test(arguments: [false, true])
    func `a file that cannot have its name keeps no other from its own`(_ synchronized: Bool) throws {
        try Shell.run("cd \(folder); mkdir many; for n in $(seq 40); do echo $n >many/$n; done")
        _ = try output("put", "files", "\(folder)/many", "many")
        try Shell.run("cd \(folder); mkdir -p back/1/full back/2/full")
        let command = try Command(
            ["store", "get", "--node", "\(folder)/node.yaml"] + (synchronized ? ["--sync"] : [])
                + ["files", "many/", "\(folder)/back"]
        )
        #expect(
            command.code != 0 && command.complaint.contains("rename \(folder)/back/"),
            "\(command.complaint)"
        )
        #expect(
            try Shell.run("cd \(folder)/back; cat [1-9]* 2>/dev/null | sort -n")
                == (3...40).map { "\($0)\n" }.joined()
        )
        #expect(try Shell.run("cd \(folder)/back; ls -A | wc -l") == "40\n")
    }

    @Test func `a store is probed for what it does`() throws {
        #expect(
            try output("probe", "--json", "files")
                == "{\"atomic-create\":true,\"checksum\":true,\"key-order\":true,\"signed-hash\":true,\"store\":\"files\"}\n"
        )
        #expect(try output("probe", "files").contains("atomic-create  yes "))
    }

    @Test func `what cannot be done is one line, and leaves no file`() throws {
        _ = try output("put", "files", "\(folder)/tree/one")
        let zeros = String(repeating: "0", count: 64)
        try Shell.run("ln -s one \(folder)/tree/link")
        for (words, complaint) in [
            (["get", "files", "none", "\(folder)/new"], "martlet: get none: there is no such object"),
            (["get", "other", "one"], "martlet: other: there is no such store: name one of files"),
            (
                ["get", "--sha256", zeros, "files", "one", "\(folder)/new"],
                "martlet: get one: has the SHA-256 "
            ),
            (["get", "files", "none/", "\(folder)/new"], "martlet: get none/: there is no such object"),
            (["put", "files", "\(folder)/tree/one", "a//b"], "martlet: name a//b: has an empty part"),
            (["put", "files", "\(folder)/tree"], "martlet: put \(folder)/tree/link: is no plain file"),
        ] {
            let command = try Command(
                ["store", words[0], "--node", "\(folder)/node.yaml"] + words.dropFirst()
            )
            #expect(command.code != 0 && command.output == "")
            #expect(command.complaint.hasPrefix(complaint), "\(words): \(command.complaint)")
            #expect(command.complaint.split(separator: "\n").count == 1)
        }
        #expect(try Shell.run("cd \(folder); ls; ls objects") == "node.yaml\nobjects\ntree\none\n")
    }
}
