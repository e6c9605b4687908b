// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Intake

/// A source by git: repositories of Debian's git, by its servers.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct GitTests {
    private func node(_ scratch: Scratch, _ more: String = "", _ outer: String = "every: 1s") -> String {
        "sources: [{name: repo, git: {url: 'file://\(scratch.path)/nodes.git', path: apps/\(more)}, \(outer)}]\n"
    }

    @Test func `what a killed agent left in memory goes, and what a living one uses stays`() throws {
        let used = try GitFolder()
        let left = "/dev/shm/martlet-git.left-\(getpid())"
        try #require(mkdir(left, 0o700) == 0)
        let next = try GitFolder()
        #expect(access(left, F_OK) < 0)
        #expect(access(used.path, F_OK) == 0 && access(next.path, F_OK) == 0)
    }

    @Test func `apps come, change and go with commits`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        let with = """
            name: two
            services: { web: { image: "b:1", env_file: two/env, configs: [page] } }
            configs: { page: { file: ./two/page } }
            """
        try scratch.push(
            ["one.yaml": Bench.app("one"), "two.yaml": with, "README.md": "hello"],
            script:
                "mkdir -p apps/two; echo A=1 >apps/two/env; echo page >apps/two/page; echo broken: [ >outside.yaml"
        )
        try await bench.run(node(scratch)) { intake in
            let first = try await bench.settled(intake, .synced)
            #expect(first.apps == ["one", "two"] && first.kind == "git")
            #expect(try first.revision == scratch.run("git -C work rev-parse HEAD").filter { !$0.isNewline })
            try scratch.push(["one.yaml": Bench.app("one", "changed")], script: "git rm -q apps/two.yaml")
            try await bench.until("two goes") { bench.apps == ["one"] && bench.deeds.last == "apply one" }
            // What is wrong in a commit keeps all of it away; the next one is taken.
            try scratch.push(["three.yaml": "name: ["])
            try await bench.settled(intake, .refused, "three.yaml:2:1: not valid YAML")
            try scratch.push(["three.yaml": Bench.app("three")])
            try await bench.until("three") { bench.apps == ["one", "three"] }
            try scratch.run("mv nodes.git gone")
            try await bench.settled(intake, .failed, "fatal:")
            try scratch.run("mv gone nodes.git")
        }
        let before = bench.deeds
        try await bench.run(node(scratch)) { try await bench.settled($0, .synced) }
        #expect(bench.deeds == before && before.count == 5, "\(before)")
        try scratch.run(
            "GIT_CONFIG_GLOBAL=/dev/null git -C work -c tag.gpgsign=false tag -a -m v1 v1; git -C work push -q ../nodes.git v1 2>&1"
        )
        try await bench.run(node(scratch, ", ref: refs/tags/v1")) { try await bench.settled($0, .synced) }
        try await bench.run(node(scratch, ", ref: other")) {
            try await bench.settled($0, .failed, "has no refs/heads/other")
        }
        try await bench.run(node(scratch).replacing("path: apps/", with: "path: apps/one.yaml")) {
            try await bench.settled($0, .refused, "is no directory of the repository")
        }
    }

    @Test func `a commit must be signed by who may`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.key("key")
        try scratch.key("other")
        try scratch.key("rsa", "-t rsa -b 3072")
        try scratch.allow("ops namespaces=\"git\" @key", "ops @rsa")
        let node =
            "trust: {signers: {team: {ssh_allowed: \(scratch.path)/allowed}}}\n"
            + node(scratch, "", "verify: team, every: 1s")
        try scratch.push(["one.yaml": Bench.app("one")])
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, "not signed: commit with")
            try scratch.push([:], "-S")
            try await bench.settled(intake, .synced)
            #expect(bench.log.last?.hasSuffix("signed by ops") == true, "\(bench.log)")
            try scratch.push(
                ["one.yaml": Bench.app("one", "b")],
                "-S",
                script: "git config user.signingkey ../other"
            )
            try await bench.settled(intake, .refused, "is not in")
            // A commit with the signature of another one.
            try scratch.push(
                ["one.yaml": Bench.app("one", "c")],
                "-S",
                script: "git config user.signingkey ../rsa"
            )
            try await bench.until("c") { bench.deeds.count == 2 }
            try scratch.push(
                ["one.yaml": Bench.app("one", "d")],
                script: ":"
            )
            try scratch.run(
                """
                cd work; git cat-file commit HEAD~1 | sed -n '/^gpgsig/,/^ -----END/p' >../sig
                git cat-file commit HEAD | sed '/^committer/r ../sig' >../forged
                git update-ref refs/heads/forged $(git hash-object -t commit -w ../forged)
                git push -q -f ../nodes.git forged:main 2>&1
                """
            )
            try await bench.settled(intake, .refused, "the signature is of other bytes")
            try scratch.push([:], "-S", script: "git reset -q --hard HEAD~1")
            try await bench.settled(intake, .synced)
            // Its key is taken back, without a commit.
            try scratch.allow("ops namespaces=\"file\" @rsa")
            try await bench.settled(intake, .refused, "may sign for file, not for git")
            #expect(bench.deeds.count == 2 && bench.apps == ["one"])
        }
    }

    @Test(arguments: [
        ("ln -s /etc/passwd apps/two.yaml", "two.yaml: not a plain file"),
        ("mkdir apps/two.yaml; echo a >apps/two.yaml/b", "two.yaml: not a plain file"),
        (
            "ln -s /etc/passwd apps/env; printf 'name: two\\nservices: {a: {image: b, env_file: env}}\\n' >apps/two.yaml",
            "does not exist"
        ),
        (
            "printf 'name: two\\nservices: {a: {image: b, env_file: ../outside}}\\n' >apps/two.yaml; echo A=1 >outside",
            "outside of the source"
        ),
        (
            "printf 'name: two\\nservices: {a: {image: b, volumes: [\"./data:/data\"]}}\\n' >apps/two.yaml",
            "'data' leads nowhere"
        ),
        (
            "printf 'name: two\\nservices: {a: {image: b, secrets: [s]}}\\nsecrets: {s: {file: ./s}}\\n' >apps/two.yaml",
            "'s' leads nowhere"
        ),
        ("head -c 6000000 /dev/zero | tr '\\0' '#' >apps/two.yaml", "more than 4194304 bytes"),
    ])
    func `what a repository should not hold takes nothing along`(_ script: String, _ words: String)
        async throws
    {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.push(["one.yaml": Bench.app("one")], script: script)
        try await bench.run(node(scratch)) { intake in
            try await bench.until(words) { await intake.reports[0].reason.contains(words) }
        }
        #expect(bench.deeds.isEmpty)
    }

    @Test func `nothing that a repository brings is run, and git is nobody`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        let victim = "\(scratch.path)/victim"
        func push(_ submodule: String) throws {
            try scratch.push(
                ["one.yaml": Bench.app("one")],
                script: """
                    printf '[submodule "x"]\\npath = x\\nurl = \(submodule)\\n' >.gitmodules; printf '* filter=x diff=x\\n' >.gitattributes
                    printf '#!/bin/sh\\ntouch \(victim)\\n' >payload; chmod +x payload; mkdir -p hooks; cp payload hooks/post-checkout
                    """
            )
        }
        try push("-u./payload")
        try scratch.run(
            "for hook in post-update upload-pack reference-transaction; do printf '#!/bin/sh\\ntouch \(victim)\\n' >nodes.git/hooks/$hook; chmod +x nodes.git/hooks/$hook; done"
        )
        let folder = try GitFolder()
        #expect(try Shell.run("stat -c '%u %a' \(folder.path)") == "65534 700\n")
        try await bench.run(node(scratch)) {
            try await bench.settled($0, .failed, "disallowed submodule url")
        }
        #expect(bench.deeds.isEmpty && access(victim, F_OK) < 0)
        try push("file://\(scratch.path)/nodes.git")
        unlink(victim)  // of that push
        try await bench.run(node(scratch)) { try await bench.settled($0, .synced) }
        #expect(access(victim, F_OK) < 0)
        // What git can read is what nobody can.
        try scratch.run("chmod 700 nodes.git")
        try await bench.run(node(scratch)) { try await bench.settled($0, .failed, "fatal:") }
    }

    @Test func `a repository that is too large is not taken, and costs no more than it may`() async throws {
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.push(
            ["one.yaml": Bench.app("one")],
            script: "git config core.compression 0; head -c 70000000 /dev/urandom >big"
        )
        try await bench.run(node(scratch)) { try await bench.settled($0, .failed, "git: ") }
        #expect(bench.deeds.isEmpty)
    }
}
