internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeBuildTests {
    @Test(arguments: [
        (
            "build: .",
            #"{"build":{"context":"/srv/apps","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: ./x",
            #"{"build":{"context":"/srv/apps/x","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: https://github.com/a/b.git",
            #"{"build":{"context":"https://github.com/a/b.git","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: git@github.com:a/b.git",
            #"{"build":{"context":"git@github.com:a/b.git","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: github.com/a/b",
            #"{"build":{"context":"github.com/a/b","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: service:foo",
            #"{"build":{"context":"service:foo","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: {}",
            #"{"build":{"context":"/srv/apps","dockerfile":"Dockerfile"}}"#
        ),
        (
            "build: {dockerfile: F}",
            #"{"build":{"context":"/srv/apps","dockerfile":"F"}}"#
        ),
        (
            "build: {context: .., ssh: [default], additional_contexts: {a: ./b, c: docker-image://x, d: service:web, e: target:x, f: oci-layout:///x}}",
            #"{"build":{"additional_contexts":{"a":"/srv/apps/b","c":"docker-image://x","d":"service:web","e":"/srv/apps/target:x","f":"oci-layout:///x"},"context":"/srv","dockerfile":"Dockerfile","ssh":["default"]}}"#
        ),
        (
            "build: {context: ., args: {A: , B: 1, C: true, D: 1.5}}",
            #"{"build":{"args":{"B":"1","C":"true","D":"1.5"},"context":"/srv/apps","dockerfile":"Dockerfile"}}"#
        ),
        (
            #"build: {context: ., dockerfile_inline: "FROM x", entitlements: [security.insecure], provenance: true, sbom: mode=max}"#,
            #"{"build":{"context":"/srv/apps","dockerfile_inline":"FROM x","entitlements":["security.insecure"],"provenance":"true","sbom":"mode=max"}}"#
        ),
        (
            "build: {context: ., dockerfile: /abs/F, ulimits: {nofile: {soft: 1, hard: 2}}}",
            #"{"build":{"context":"/srv/apps","dockerfile":"/abs/F","ulimits":{"nofile":{"hard":2,"soft":1}}}}"#
        ),
        (
            "build: ~/x",
            #"{"build":{"context":"/root/x","dockerfile":"Dockerfile"}}"#
        ),
        (
            "pull_policy: always",
            #"{"pull_policy":"always"}"#
        ),
        (
            "pull_policy: if_not_present",
            #"{"pull_policy":"missing"}"#
        ),
        (
            "pull_policy: every_12h",
            #"{"pull_policy":"every_12h"}"#
        ),
        (
            "pull_policy: daily",
            #"{"pull_policy":"daily"}"#
        ),
        (
            "pull_policy: refresh",
            #"{"pull_policy":"refresh"}"#
        ),
        (
            "platform: linux/amd64",
            #"{"platform":"linux/amd64"}"#
        ),
        (
            "platform: foo/bar",
            #"{"platform":"foo/bar"}"#
        ),
        (
            "develop: {watch: [{path: ./x, action: sync, target: /y, ignore: a, include: [b], exec: {command: x y, user: z, environment: {A: 1}}, initial_sync: true}]}",
            #"{"develop":{"watch":[{"action":"sync","exec":{"command":["x","y"],"environment":{"A":"1"},"user":"z"},"ignore":["a"],"include":["b"],"initial_sync":true,"path":"/srv/apps/x","target":"/y"}]}}"#
        ),
        (
            "develop: {}",
            #"{"develop":{}}"#
        ),
        (
            "develop: null",
            "{}"
        ),
        (
            "pull_policy: every_1d2h",
            #"{"pull_policy":"every_1d2h"}"#
        ),
        (
            #"build: {context: ., additional_contexts: {a: "github.com/x/y", b: /abs, c: ../x, d: "git@x:y"}}"#,
            #"{"build":{"additional_contexts":{"a":"github.com/x/y","b":"/abs","c":"/srv/x","d":"git@x:y"},"context":"/srv/apps","dockerfile":"Dockerfile"}}"#
        ),
        (
            "platform: linux/arm64/v8",
            #"{"platform":"linux/arm64/v8"}"#
        ),
    ])
    func `builds and images have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
