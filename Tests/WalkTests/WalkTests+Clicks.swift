// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension Walk {
    /// Makes and imports `clickme/web:2`: the web image of the example and one layer more, in which its answer names
    /// the version; the digest of its manifest.
    fileprivate func importSecondWeb() async throws -> String {
        let layout = "\(folder)/second"
        let digest = try Shell.run(
            #"""
            set -e; umask 022; cp -r \#(Self.images)/web \#(layout); mkdir -p \#(folder)/layer/app
            sed 's/"clicks: /"version 2, clicks: /' Config/examples/clickme/app/app.rb >\#(folder)/layer/app/app.rb
            cd \#(layout)
            blob() { sum=$(sha256sum "$1" | cut -d' ' -f1); size=$(stat -c %s "$1"); mv "$1" blobs/sha256/$sum; }
            named() { grep -o "\"$1\":{[^}]*\"digest\":\"sha256:[0-9a-f]*" "$2" | grep -o '[0-9a-f]*$'; }
            old=blobs/sha256/$(grep -o '"digest":"sha256:[0-9a-f]*' index.json | grep -o '[0-9a-f]*$')
            tar -c -C ../layer --numeric-owner app/app.rb >layer; rm -r ../layer
            blob layer; layer=$sum; length=$size
            sed "s/\]}}\$/,\"sha256:$layer\"]}}/" blobs/sha256/$(named config $old) >config
            blob config; type=application/vnd.oci.image
            sed -e "s/\(\"config\":{[^}]*\"digest\":\"sha256:\)[^}]*/\1$sum\",\"size\":$size/" \
                -e "s|\]}\$|,{\"mediaType\":\"$type.layer.v1.tar\",\"digest\":\"sha256:$layer\",\"size\":$length}]}|" \
                $old >manifest
            blob manifest
            sed -i -e "s/\"sha256:[^}]*\"size\":[0-9]*/\"sha256:$sum\",\"size\":$size/" -e 's/web:1/web:2/' index.json
            echo sha256:$sum
            """#
        )
        let result = try await martlet("image", "import", with: [layout])
        try #require(result.code == 0, "\(result.output)")
        return digest.filter { !$0.isWhitespace }
    }
}

extension WalkTests {
    /// The row of the click counter: ten thousand requests while everything happens to it that may.
    @Test func `the click counter survives kills, a new image and a broken one under load`() async throws {
        try await withWalk { walk in
            try await walk.importExample()
            let digest = try await walk.importSecondWeb()
            var agent = try await walk.agent()
            let first = try walk.example()
            try await walk.apply(first)
            #expect(try walk.page() == "clicks: 1\n")

            // Redis is killed: it comes back by itself, with its data. Its clients wait or fail, so no load yet.
            let redis = try #require(try await walk.pids().first { $0.key.contains("redis") })
            kill(redis.value, SIGKILL)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.pids().first(where: { $0.key == redis.key })?.value ?? redis.value
                == redis.value
            {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            while try await walk.instances().contains(where: { $0.health != "healthy" }) {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            let count = try #require(Int(try walk.page().dropFirst(8).dropLast()))
            #expect(count >= 2)

            let load = try RequestLoad(port: walk.port) { $0.contains("200 OK") && $0.contains("clicks: ") }
            let begin = ContinuousClock.now
            agent.kill()
            let answered = load.answered
            while load.answered < answered + 100 { try await Task.sleep(for: .milliseconds(10)) }
            agent = try await walk.agent()

            let web = try #require(try await walk.instances().first { $0.service == "web" })
            let second = first.replacing("clickme/web:1", with: "clickme/web:2")
            try await walk.apply(second)
            let next = try #require(try await walk.instances().first { $0.service == "web" })
            #expect(next.id != web.id && next.generation == 2)
            #expect(next.digest == digest && web.digest != digest)
            #expect(try walk.page().hasPrefix("version 2, clicks: "))

            let broken = second.replacing(
                "    read_only: true\n    tmpfs: [\"/tmp:size=16m,mode=1777\"]\n    cap_drop: [ALL]\n    environment:",
                with: "    command: [ruby, -e, \"puts 'no such table'; exit 3\"]\n    environment:"
            )
            try #require(broken != second)
            let failed = try await walk.martlet("apply", with: ["--wait", try walk.file(broken)])
            #expect(failed.code == 1 && failed.output.contains("generation 2 runs again"), "\(failed.output)")
            let events = try await walk.martlet("events", with: ["--no-follow", "--since", "1h"]).output
            #expect(events.contains("rolled-back  clickme/web/1"), "\(events)")
            #expect(events.contains("\n    | no such table\n"), "\(events)")
            let kept = try #require(try await walk.instances().first { $0.service == "web" })
            #expect(kept.id == next.id && kept.pid == next.pid)

            try await load.end(after: 10_000)
            let time = ContinuousClock.now - begin
            #expect(load.failures == [])
            let total = load.answered
            #expect(try walk.page() == "version 2, clicks: \(count + total + 2)\n")
            print("\(total) clicks in \(time), \(load.failures.count) failed, each counted once")
            try await walk.down("clickme")
            try await walk.end(agent)
        }
    }
}
