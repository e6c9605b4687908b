// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Intake

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct DirectoryTests {
    /// A scratch folder with `apps`, and a node file of it.
    private func workshop(_ more: String = "") throws -> (scratch: Scratch, bench: Bench, node: String) {
        let scratch = try Scratch()
        try scratch.run("mkdir apps")
        return (
            scratch, Bench(scratch), "sources: [{name: local, dir: {path: \(scratch.path)/apps}\(more)}]\n"
        )
    }

    @Test func `apps come, change and go with their files, and a restart changes nothing`() async throws {
        let (scratch, bench, node) = try workshop()
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        try scratch.write(Bench.app("two"), to: "apps/two.yml")
        try await bench.run(node) { intake in
            let report = try await bench.settled(intake, .synced)
            #expect(report.apps == ["one", "two"] && report.revision?.hasPrefix("sha256:") == true)
            #expect(report.kind == "dir" && report.reason == "")
            try scratch.write(#"{"name":"three","services":{"a":{"image":"b:1"}}}"#, to: "apps/three.json")
            try await bench.until("three") { bench.apps == ["one", "three", "two"] }
            try scratch.write(Bench.app("two", "changed"), to: "apps/two.yml")
            try await bench.until("two again") { bench.deeds.count(where: { $0 == "apply two" }) == 2 }
            try scratch.run("rm apps/one.yaml")
            try await bench.until("one goes") { bench.deeds.last == "remove one" }
            // What is no app, and files that are only touched.
            try scratch.run(
                "cd apps; for f in .x.yaml x.yaml~ x.yaml.bak .x.yaml.swp x.txt .yaml; do echo broken: [ >$f; done; touch *"
            )
            try scratch.write(Bench.app("last"), to: "apps/zlast.yaml")
            try await bench.until("last") { bench.apps == ["last", "three", "two"] }
        }
        let before = bench.deeds
        #expect(before.count == 6)
        try await bench.run(node) { try await bench.settled($0, .synced) }
        #expect(bench.deeds == before)
        // What was told is told once.
        #expect(bench.log.count(where: { $0.hasPrefix("refused") }) == 0, "\(bench.log)")
    }

    @Test func `a set is taken whole or not at all, and what is wrong with it is told once`() async throws {
        let (scratch, bench, node) = try workshop(", every: 1s")
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            try scratch.write("name: two\nservices:\n  a: {image: b, imge: x}\n", to: "apps/two.yaml")
            try scratch.run("rm apps/one.yaml")
            let wrong = try await bench.settled(
                intake,
                .refused,
                "two.yaml:3:17: services.a.imge: unknown key"
            )
            #expect(wrong.apps == ["one"])
            try await Task.sleep(for: .seconds(2.5))
            #expect(bench.apps == ["one"] && bench.deeds == ["apply one"])
            #expect(bench.log.count(where: { $0.hasPrefix("refused") }) == 1, "\(bench.log)")
            try scratch.write(Bench.app("two"), to: "apps/two.yaml")
            try await bench.settled(intake, .synced)
            #expect(bench.deeds == ["apply one", "remove one", "apply two"])
        }
    }

    @Test(arguments: [
        ("two.yaml", Bench.app("one", "b"), "defines app one, and so does"),
        ("two.yaml", "", "two.yaml:1:1: the file is empty"),
        ("two.yaml", "services: {a: {image: b}}\n", "two.yaml:1:1: 'name' is missing"),
        (
            "two.yaml", "name: two\nx-martlet: {format: 99}\nservices: {a: {image: b}}\n",
            "newer than this agent knows"
        ),
        (
            "two.yaml", "name: two\nservices: {a: {image: b, env_file: ../../etc/passwd}}\n",
            "outside of the source"
        ),
        ("two.yaml", "name: two\nservices: {a: {image: b, env_file: link}}\n", "leads out of the source"),
        ("two.yaml", "\u{FEFF}\0", "two.yaml:1:"),
    ])
    func `what is not right in one file keeps all of them away`(
        _ name: String,
        _ text: String,
        _ words: String
    )
        async throws
    {
        let (scratch, bench, node) = try workshop()
        try scratch.run("ln -s /etc/passwd apps/link")
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        try scratch.write(text, to: "apps/\(name)")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .refused, words)
            #expect(bench.deeds.isEmpty)
        }
    }

    @Test func `a file that is being written is not taken, however long that lasts`() async throws {
        let (scratch, bench, node) = try workshop(", every: 1s")
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            // The first half is a whole app by itself.
            let half = Bench.app("two")
            do {
                let file = try Descriptor.open(
                    "\(scratch.path)/apps/two.yaml",
                    O_CREAT | O_WRONLY,
                    mode: 0o644
                )
                try file.write(Array(half.utf8))
                try await Task.sleep(for: .seconds(2.5))
                #expect(bench.apps == ["one"])
                try file.write(Array("x-note: the other half\n".utf8))
            }
            try await bench.until("two") { bench.apps == ["one", "two"] }
            #expect(bench.deeds == ["apply one", "apply two"])
        }
    }

    @Test func `a directory that is missing, empty or unreadable takes nothing down`() async throws {
        let (scratch, bench, node) = try workshop(", every: 1s")
        try scratch.write(Bench.app("one"), to: "apps/one.yaml")
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            try scratch.run("mv apps gone")
            try await bench.settled(intake, .failed, "does not exist: make it, or mount it")
            try scratch.run("mkdir apps")
            try await bench.settled(intake, .refused, "has no app any more, and had one")
            try scratch.run("rmdir apps; touch apps")
            try await bench.settled(intake, .refused, "not a directory")
            try scratch.run("rm apps; mv gone apps; chmod 777 apps")
            try await bench.settled(intake, .refused, "others can write to it")
            try scratch.run("chmod 755 apps; chmod 666 apps/one.yaml")
            try await bench.settled(intake, .refused, "one.yaml: others can write to it")
            try scratch.run("chmod 644 apps/one.yaml")
            try await bench.settled(intake, .synced)
        }
        try scratch.run("rm -r apps")
        try await bench.run(node) { try await bench.settled($0, .failed) }
        try scratch.run("mkdir apps")
        try await bench.run(node) { try await bench.settled($0, .refused, "has no app any more") }
        #expect(bench.deeds == ["apply one"])
        try await bench.run(node.replacing("every", with: "allow_empty: true, every")) {
            try await bench.settled($0, .synced)
        }
        #expect(bench.deeds == ["apply one", "remove one"])
    }

    @Test func `an app may have further files below the directory, and follows them`() async throws {
        let (scratch, bench, node) = try workshop()
        try scratch.run("mkdir -p apps/one; echo first >apps/one/page; echo WORD=a >apps/one/env")
        let text = """
            name: one
            services: { web: { image: "b:1", env_file: one/env, configs: [page], volumes: ["./data:/data"] } }
            configs: { page: { file: ./one/page } }
            """
        try scratch.write(text, to: "apps/one.yaml")
        try await bench.run(node) { intake in
            let first = try await bench.settled(intake, .synced)
            try scratch.run("echo second >apps/one/page")
            try await bench.until("the second page") { bench.deeds.count == 2 }
            try await bench.until("another revision") { await intake.reports[0].revision != first.revision }
        }
    }

    @Test func `files with signatures are taken, in all that they name`() async throws {
        let scratch = try Scratch()
        let bench = Bench(scratch)
        try scratch.run("mkdir apps")
        try scratch.key("key")
        try scratch.key("other")
        let allowed = try scratch.allow("ops @key")
        let node = """
            trust: {signers: {team: {ssh_allowed: \(allowed)}}}
            sources: [{name: local, dir: {path: \(scratch.path)/apps}, verify: team, every: 1s}]

            """
        func put(_ name: String, _ text: String, by key: String = "key") throws {
            try scratch.write(text, to: name)
            try scratch.sign(name, key)
            try scratch.run("mv \(name).sig apps/; mv \(name) apps/")
        }
        try put("one.yaml", Bench.app("one"))
        try await bench.run(node) { intake in
            try await bench.settled(intake, .synced)
            #expect(bench.log.last?.hasSuffix("signed by ops") == true, "\(bench.log)")
            // What is not verified is not even read as YAML.
            try scratch.write("{{{", to: "apps/two.yaml")
            try await bench.settled(intake, .refused, "two.yaml: not signed: sign it with")
            try put("two.yaml", Bench.app("two"), by: "other")
            try await bench.settled(intake, .refused, "is not in \(allowed)")
            try put("two.yaml", Bench.app("two"))
            try await bench.until("two") { bench.apps == ["one", "two"] }
            try scratch.run("cd apps; mv one.yaml.sig x; mv two.yaml.sig one.yaml.sig; mv x two.yaml.sig")
            try await bench.settled(intake, .refused, "one.yaml: the signature is of other bytes")
            try scratch.run("cd apps; mv one.yaml.sig x; mv two.yaml.sig one.yaml.sig; mv x two.yaml.sig")
            try await bench.settled(intake, .synced)
            try put("three.yaml", "name: three\nservices: {a: {image: b, env_file: env}}\n")
            try scratch.write("A=1\n", to: "apps/env")
            try await bench.settled(intake, .refused, "not signed")
            try put("env", "A=1\n")
            try await bench.until("three") { bench.apps == ["one", "three", "two"] }
            try scratch.allow("ops valid-before=\"20200101Z\" @key")
            try await bench.settled(intake, .refused, "is not valid any more")
            #expect(bench.deeds == ["apply one", "apply two", "apply three"])
        }
    }
}
