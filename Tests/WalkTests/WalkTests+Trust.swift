// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import TestKit
internal import Testing

extension Walk {
    /// Makes a key, and beside busybox in its layout the signature that cosign would.
    fileprivate func signBusybox() throws {
        try Shell.run(
            #"""
            set -e; cd \#(folder); umask 022
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out release.key 2>/dev/null
            openssl pkey -in release.key -pubout -out release.pub
            digest=$(sed 's/.*"digest":"\(sha256:[0-9a-f]*\)".*/\1/' layout/index.json)
            blob() { sum=$(sha256sum "$1" | cut -d' ' -f1); size=$(stat -c %s "$1"); cp "$1" layout/blobs/sha256/$sum; }
            printf '{"critical":{"identity":{"docker-reference":"busybox"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}' \
                $digest >payload
            signature=$(openssl dgst -sha256 -sign release.key payload | base64 -w0)
            blob payload; payload=$sum; length=$size
            printf '{}' >empty; blob empty
            printf '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":2},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"sha256:%s","size":%s,"annotations":{"dev.cosignproject.cosign/signature":"%s"}}]}' \
                $sum $payload $length $signature >signatures
            blob signatures
            entry=$(printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"kind":"dev.cosignproject.cosign/sigs"}}' $sum $size)
            cp -r layout signed; sed -i "s|]}\$|,$entry]}|" signed/index.json
            """#
        )
    }

    /// What `martlet status --json` tells of the one service of an app.
    fileprivate func service(of app: String) async throws -> (
        state: String, reason: String, service: ServiceStatus
    ) {
        let result = try await martlet("status", with: ["--json"])
        let status = try JSONDecoder().decode(NodeStatus.self, from: Data(result.output.utf8))
        let found = try #require(status.apps.first { $0.name == app })
        return (found.state, found.reason, try #require(found.services.first))
    }
}

extension WalkTests {
    private static let trusted = """
        name: trusted
        services: { one: { image: "busybox:walk", command: [sleep, "1000"], init: true } }
        """

    @Test func `an image that came before the rules is judged when it starts, and its signature helps`()
        async throws
    {
        try await withWalk { walk in
            try await walk.importBusybox()
            try walk.signBusybox()
            let open = try walk.file("format: 1\n", "open.yaml")
            let strict = try walk.file(
                """
                format: 1
                trust:
                  images:
                    default: { deny: true }
                    release: { prefixes: [docker.io/library/], cosign_key: \(walk.folder)/release.pub }

                """,
                "strict.yaml"
            )
            var agent = try await walk.agent(["--node", open])
            try await walk.apply(Self.trusted)
            #expect(try await walk.service(of: "trusted").service.trust == nil)
            let before = try await walk.pids()
            try await walk.end(agent)

            // Under rules that it does not meet, what runs goes on; what would start does not.
            agent = try await walk.agent(["--node", strict])
            #expect(try await walk.pids() == before && before.count == 1)
            let words = "trust.images.release refuses it: it has no signature: sign it with"
            var result = try await walk.martlet("restart", with: ["trusted"])
            #expect(result.code == 1 && result.output.contains(words), "\(result)")
            #expect(try await walk.pids() == before)
            result = try await walk.martlet("stop", with: ["trusted"])
            #expect(result.code == 0, "\(result)")
            result = try await walk.martlet("start", with: ["trusted"])
            #expect(result.code == 1 && result.output.contains(words), "\(result)")
            #expect(try await walk.pids().isEmpty)
            // Nor is it taken by another app, and then nothing of that is there.
            let other = try walk.file(Self.trusted.replacing("trusted", with: "other"), "other.yaml")
            for verb in ["plan", "apply"] {
                result = try await walk.martlet(verb, with: [other])
                #expect(result.code == 1, "\(result)")
                #expect(
                    result.output.contains(
                        "services.one.image: busybox:walk: trust.images.release refuses it"
                    ),
                    "\(result)"
                )
            }
            #expect(try await walk.instances().map(\.app) == ["trusted"])

            // An import without the signature is refused, too; one with it helps, without another apply.
            result = try await walk.martlet(
                "image",
                "import",
                with: ["--node", strict, "\(walk.folder)/layout"]
            )
            #expect(
                result.code == 1 && result.output.contains("trust.images.release refuses it"),
                "\(result)"
            )
            result = try await walk.martlet(
                "image",
                "import",
                with: ["--node", strict, "\(walk.folder)/signed"]
            )
            try #require(result.code == 0, "\(result)")
            result = try await walk.martlet("start", with: ["trusted"])
            #expect(result.code == 0, "\(result)")
            var service = try await walk.service(of: "trusted").service
            #expect(service.trust?.rule == "release" && service.trust?.digest == service.digest)
            #expect(service.trust?.signed == service.digest && service.trust?.keys.count == 1)
            // A new generation has the verdict on record, and another agent knows it.
            try await walk.apply(Self.trusted.replacing("1000", with: "1001"))
            let verdict = try await walk.service(of: "trusted").service.trust
            #expect(verdict?.rule == "release")
            try await walk.end(agent)
            try Shell.run("rm -r \(walk.folder)/state/images/trust")
            agent = try await walk.agent(["--node", strict])
            service = try await walk.service(of: "trusted").service
            #expect(service.trust == verdict)
            result = try await walk.martlet("restart", with: ["trusted"])
            #expect(result.code == 0, "\(result)")
            result = try await walk.martlet("status")
            #expect(result.output.contains("busybox:walk, trusted by release"), "\(result)")
            try await walk.down("trusted")
            try await walk.end(agent)

            // A key that is no good is told before anything is touched.
            try Shell.run("chmod o+w \(walk.folder)/release.pub")
            let run = try walk.start(["agent"], ["--node", strict])
            #expect(try await run.exit() == 1)
            #expect(run.shown.contains("release.pub: others can write to it"), "\(run.shown)")
        }
    }

    @Test func `a service that names a rule is held to it besides what its prefix asks`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            try walk.signBusybox()
            func node(_ key: String) throws -> String {
                try walk.file(
                    """
                    format: 1
                    trust:
                      images:
                        default: { require: nothing }
                        release: { prefixes: [registry.example.net/], cosign_key: \(walk.folder)/\(key) }
                        old: { prefixes: [old.example.net/], min_age: 1h }

                    """,
                    "node.yaml"
                )
            }
            func app(_ rule: String) throws -> String {
                try walk.file(
                    """
                    name: named
                    services:
                      one:
                        image: busybox:walk
                        command: [sleep, "1000"]
                        init: true
                        x-martlet:
                          image: { verify: \(rule) }
                    """
                )
            }
            var agent = try await walk.agent(["--node", try node("release.pub")])
            func isRefused(_ rule: String, _ words: String) async throws {
                for verb in ["plan", "apply"] {
                    let result = try await walk.martlet(verb, with: [try app(rule)])
                    #expect(result.code == 1 && result.output.contains(words), "\(result)")
                    #expect(result.output.contains("compose.yaml:8:"), "\(result)")
                }
            }
            try await isRefused(
                "other",
                "trust.images.other refuses it: the node has no such rule: add it to"
            )
            try await isRefused(
                "old",
                "trust.images.old refuses it: it verifies no signature: give it a cosign_key"
            )
            try await isRefused("default", "trust.images.default refuses it: it verifies no signature")
            try await isRefused("release", "trust.images.release refuses it: it has no signature")

            var result = try await walk.martlet("image", "import", with: ["\(walk.folder)/signed"])
            try #require(result.code == 0, "\(result)")
            result = try await walk.martlet("apply", with: ["--wait", try app("release")])
            try #require(result.code == 0, "\(result)")
            let service = try await walk.service(of: "named").service
            #expect(service.trust?.rule == "release" && service.trust?.signed == service.digest)
            #expect(try await walk.martlet("restart", with: ["named"]).code == 0)
            let pids = try await walk.pids()
            try await walk.end(agent)

            // Another key: what runs goes on, and starts no more.
            try Shell.run(
                "cd \(walk.folder) && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null | openssl pkey -pubout -out next.pub && chmod 644 next.pub"
            )
            agent = try await walk.agent(["--node", try node("next.pub")])
            result = try await walk.martlet("restart", with: ["named"])
            #expect(result.code == 1, "\(result)")
            #expect(
                result.output.contains("trust.images.release refuses it: none of its 1 signatures"),
                "\(result)"
            )
            #expect(try await walk.pids() == pids)
            try await walk.end(agent)

            // A node without rules has none of that name.
            agent = try await walk.agent()
            result = try await walk.martlet("restart", with: ["named"])
            #expect(
                result.code == 1 && result.output.contains("release refuses it: the node has no such rule"),
                "\(result)"
            )
            #expect(try await walk.pids() == pids)
            try await walk.down("named")
            try await isRefused("release", "trust.images.release refuses it: the node has no such rule")
            try await walk.end(agent)
        }
    }
}
