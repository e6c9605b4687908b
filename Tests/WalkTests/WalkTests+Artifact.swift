// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test(.enabled(if: DebianRegistry.isThere, "install docker-registry and skopeo"))
    func `apps come as an artifact of a registry, signed, and no byte is another`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let registry = try DebianRegistry(walk)
            let folder = walk.folder
            try Shell.run(
                """
                cd \(folder) && ssh-keygen -q -t ed25519 -N '' -f key && echo "team $(cut -d' ' -f1,2 key.pub)" >signers
                """
            )
            /// Pushes an app, with its signature if it is to have one.
            func push(_ word: String, isSigned: Bool = true) throws {
                _ = try walk.file(
                    """
                    name: bundled
                    services: { a: { image: "busybox:walk", command: [sh, -c, "echo \(word); exec sleep 100000"], init: true, stop_grace_period: 0s } }

                    """,
                    "bundled.yaml"
                )
                try Shell.run(
                    """
                    set -e; cd \(folder); rm -f bundled.yaml.sig; ssh-keygen -q -Y sign -n martlet-state -f key bundled.yaml
                    url=http://\(registry.name)/v2/ops/apps; layers=
                    put() {
                        sum=sha256:$(sha256sum $1 | cut -d' ' -f1)
                        place=$(curl -sf -X POST -D- -o /dev/null $url/blobs/uploads/ | tr -d '\\r' | sed -n 's/^Location: //p')
                        curl -sf -X PUT -H 'Content-Type: application/octet-stream' --data-binary @$1 "$place&digest=$sum"
                        entry=$(printf '{"mediaType":"%s","digest":"%s","size":%s,"annotations":{"org.opencontainers.image.title":"%s"}}' $2 $sum $(stat -c %s $1) $1)
                    }
                    printf '{}' >empty; put empty application/vnd.oci.empty.v1+json; config=$entry
                    put bundled.yaml application/yaml; layers=$entry
                    \(isSigned ? "put bundled.yaml.sig text/plain; layers=$layers,$entry" : ":")
                    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.martlet.apps","config":%s,"layers":[%s]}' "$config" "$layers" >manifest
                    curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @manifest $url/manifests/main
                    """
                )
            }
            try push("first")
            let node = try registry.node(
                walk,
                """
                trust: { signers: { team: { ssh_allowed: \(folder)/signers } } }
                sources:
                  - { name: bundle, oci: { image: "\(registry.name)/ops/apps:main" }, verify: team, every: 1s, jitter: 0 }

                """
            )
            let agent = try await walk.agent(["--node", node])
            func until(_ what: String, _ condition: () async throws -> Bool) async throws {
                let deadline = ContinuousClock.now + ForegroundRun.patience
                while try await !condition() {
                    try #require(ContinuousClock.now < deadline, "\(what): \(agent.shown)")
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            try await until("first") { try await walk.logs("bundled").output.contains("first") }
            try push("second")
            try await until("second") { try await walk.logs("bundled").output.contains("second") }
            // Unchanged, it is asked for by its name alone.
            _ = try registry.asked()
            try await Task.sleep(for: .seconds(2.5))
            let asked = try registry.asked()
            #expect(!asked.isEmpty && asked.allSatisfy { $0.contains("manifests/main") }, "\(asked)")
            try push("third", isSigned: false)
            try await until("refused") { try await walk.martlet("status").output.contains("not signed") }
            #expect(try await !walk.logs("bundled").output.contains("third"))
            try await walk.end(agent)
            let last = try await walk.agent()
            try await walk.down("bundled")
            try await walk.end(last)
        }
    }
}
