// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import TestKit
internal import Testing

/// `apply --signature`: what is sent is what was signed, or nothing.
@Suite struct SignedApplyTests {
    private let folder = "/var/tmp/martlet-test-\(getpid())-signed-\(UInt32.random(in: 0...UInt32.max))"
    private static let signature = "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"

    private func write(_ files: [String: String]) throws {
        try Shell.run("mkdir -p \(folder)")
        for (name, text) in files {
            try Shell.run("printf %s '\(text.replacing("'", with: #"'\''"#))' >\(folder)/\(name)")
        }
    }

    @Test func `a file that says it all is sent byte by byte, with its signature`() async throws {
        let text = "# a remark\nname:   own\nservices: { web: { image: 'a:1', labels: { price: '$$5' } } }\n"
        try write(["a.yaml": text, "a.sig": Self.signature])
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try await withFakeAgent(answer: { try $0.answer(lines([ApplyTests.progress(.accepted)])) }) { agent in
            let run = try Command(
                ["apply", "--signature", "\(folder)/a.sig", "\(folder)/a.yaml"],
                agent
            )
            #expect(run.code == 0 && agent.sent == [text], "\(run)")
            let field = "martlet-signature: \(Data(Self.signature.utf8).base64EncodedString())"
            #expect(agent.fields[0].contains(field), "\(agent.fields)")
            // Without one it is what every file is sent as, and no field is there.
            #expect(try Command(["apply", "\(folder)/a.yaml"], agent).code == 0)
            #expect(agent.sent[1].hasPrefix("{") && !agent.fields[1].contains { $0.contains("signature") })
        }
    }

    @Test(
        arguments: [
            ("name: a\nservices: { web: { image: 'a:${TAG:-1}' } }", "TAG=2"),
            ("name: a\nservices: { web: { image: 'a:1', environment: [TAG] } }", "TAG=2"),
            ("name: a\nservices: { web: { image: 'a:1', volumes: ['./data:/data'] } }", "TAG=2"),
            ("name: a\nservices: { web: { image: 'a:1', env_file: more.env } }", "TAG=2"),
            (
                "name: a\nservices: { web: { image: 'a:1', configs: [c] } }\nconfigs: { c: { file: more.env } }",
                "TAG=2"
            ),
            (
                "name: a\nservices: { web: { image: 'a:1' }, db: { image: 'b:1', profiles: [all] } }",
                "COMPOSE_PROFILES=all"
            ),
            ("services: { web: { image: 'a:1' } }", "COMPOSE_PROJECT_NAME=other"),
            (
                "name: a\nx-martlet: { version: 1, audience: ['${TAG}'] }\nservices: { web: { image: 'a:1' } }",
                "TAG=2"
            ),
        ]
    )
    func `one that takes more than its bytes is not sent, but what config makes of it is`(
        _ text: String,
        _ environment: String
    ) async throws {
        try write(["a.yaml": text, "more.env": "KEY=value", "a.sig": Self.signature])
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try await withFakeAgent(answer: { try $0.answer(lines([ApplyTests.progress(.accepted)])) }) { agent in
            func apply(_ file: String, _ environment: String = "") throws -> Command {
                try Command(
                    ["apply", "--signature", "\(folder)/a.sig", "\(folder)/\(file)"],
                    agent,
                    environment: environment
                )
            }
            let run = try apply("a.yaml", environment)
            #expect(run.code == 2 && agent.requests == [], "\(run)")
            #expect(run.complaint.hasPrefix("martlet: \(folder)/a.yaml: "), "\(run)")
            #expect(run.complaint.contains("by itself") && run.complaint.contains("--portable"), "\(run)")
            let whole = try Command(["config", "--portable", "\(folder)/a.yaml"], environment: environment)
            try #require(whole.code == 0, "\(whole)")
            try write(["a.json": whole.output])
            #expect(try apply("a.json").code == 0 && agent.sent == [whole.output])
        }
    }

    @Test func `several files, and a signature that is none, are refused before anyone is asked`() throws {
        let text = "name: a\nservices: { web: { image: 'a:1' } }"
        try write(["a.yaml": text, "b.yaml": text, "a.sig": Self.signature, "large": ""])
        try Shell.run("truncate -s 9K \(folder)/large")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        for (signature, files, words) in [
            ("a.sig", ["a.yaml", "b.yaml"], "a.sig: a signature is of one file: sign what"),
            ("none", ["a.yaml"], "none: does not exist"), ("", ["a.yaml"], "is not a regular file"),
            ("large", ["a.yaml"], "large: is larger than 8192 bytes"),
        ] {
            let paths = files.map { "\(folder)/\($0)" }
            let run = try Command(["apply", "--signature", "\(folder)/\(signature)"] + paths)
            #expect(run.code == 2 && run.complaint.contains(words), "\(run)")
        }
    }
}
