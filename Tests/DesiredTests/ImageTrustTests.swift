// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `trust.images` of the node file.
@Suite struct ImageTrustTests {
    private func decode(_ images: String) throws -> ImageTrust? {
        try NodeSettings.decode(yaml: "format: 1\ntrust:\n  images: \(images)\n", file: "node.yaml")
            .imageTrust
    }

    private func problems(_ images: String) -> [String] {
        do {
            _ = try decode(images)
            return []
        } catch let report as Report {
            return report.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `a file that does not speak of it demands nothing`() throws {
        #expect(try NodeSettings.decode(yaml: "format: 1\n", file: "node.yaml").imageTrust == nil)
        #expect(try NodeSettings.decode(yaml: "format: 1\ntrust: {}\n", file: "node.yaml").imageTrust == nil)
    }

    @Test func `the example of the documentation is read`() throws {
        let trust = try decode(
            "{ default: { require: digest }, release-key: "
                + "{ cosign_key: /etc/martlet/release.pub, prefixes: [\"registry.example.net/\"] } }"
        )
        var fallback = ImageRule(name: "default")
        fallback.needsDigest = true
        var release = ImageRule(name: "release-key")
        release.keys = ["/etc/martlet/release.pub"]
        release.prefixes = ["registry.example.net/"]
        #expect(trust == ImageTrust(rules: [release], fallback: fallback))
    }

    @Test func `every word is taken over`() throws {
        let trust = try decode(
            """

                default: { deny: true }
                team:
                  prefixes: [registry.test:5000/team/, docker.io/library/redis, localhost/a_b, "[::1]:5000"]
                  require: digest
                  cosign_key: [/etc/a.pub, /etc//b.pub]
                  threshold: 2
                  algorithm: rsa-pss
                  identity: repository
                  min_age: 72h
                  x-note: ours
                open: { prefixes: [open.test], require: nothing }
                old: { prefixes: [old.test], min_age: 1m30s, deny: false }
                any: { prefixes: [any.test], cosign_key: /etc/a.pub, identity: any }
            """
        )
        var team = ImageRule(name: "team")
        team.prefixes = [
            "registry.test:5000/team/", "docker.io/library/redis", "localhost/a_b", "[::1]:5000",
        ]
        team.needsDigest = true
        team.keys = ["/etc/a.pub", "/etc/b.pub"]
        team.threshold = 2
        team.algorithm = "rsa-pss"
        team.bindsRepository = true
        team.minimumAge = .seconds(72 * 3600)
        var open = ImageRule(name: "open")
        open.prefixes = ["open.test"]
        var old = ImageRule(name: "old")
        old.prefixes = ["old.test"]
        old.minimumAge = .seconds(90)
        var any = ImageRule(name: "any")
        any.prefixes = ["any.test"]
        any.keys = ["/etc/a.pub"]
        var fallback = ImageRule(name: "default")
        fallback.denies = true
        #expect(trust == ImageTrust(rules: [team, open, old, any], fallback: fallback))
    }

    @Test func `a problem names its file, line, field and remedy`() {
        #expect(
            problems(
                "\n    default: { require: digest }\n    ours:\n      prefix: [a.test/]\n      min_age: 3d"
            ) == [
                "node.yaml:6:7: trust.images.ours.prefix: unknown key: did you mean 'prefixes'?",
                "node.yaml:6:7: trust.images.ours: 'prefixes' is missing: "
                    + "add for example 'prefixes: [registry.example.net/]'",
                "node.yaml:7:16: trust.images.ours.min_age: '3d' is not a duration: write for example 90s or 1m30s",
            ]
        )
    }

    @Test(arguments: [
        ("[]", "trust.images: must be a mapping, is a list"),
        ("", "trust.images: must be a mapping, is empty"),
        ("{}", "trust.images: 'default' is missing: add for example 'default: {require: digest}'"),
        ("{a: {prefixes: [a.test], require: digest}}", "'default' is missing"),
        ("{default: }", "trust.images.default: must be a mapping, is empty"),
        ("{default: digest}", "trust.images.default: must be a mapping, is a string"),
        (
            "{default: {}}",
            "trust.images.default: the rule demands nothing: add 'require: digest' or 'cosign_key'"
        ),
        ("{default: {deny: false}}", "the rule demands nothing: write 'require: nothing' if that is meant"),
        ("{default: {deny: maybe}}", "must be true or false"),
        ("{default: {deny: true, require: digest}}", "default.deny: no demand is of use beside it"),
        ("{default: {require: nothing, min_age: 1h}}", "'nothing' contradicts min_age: keep one of them"),
        ("{default: {require: nothing, cosign_key: /a}}", "'nothing' contradicts cosign_key"),
        ("{default: {require: signature}}", "'signature' is not a requirement: use 'digest' or 'nothing'"),
        ("{default: {require: [digest]}}", "must be a string or a number, is a list"),
        ("{default: {require: digest, prefixes: [a.test]}}", "default.prefixes: unknown key"),
        ("{default: {reqire: digest}}", "unknown key: did you mean 'require'?"),
        ("{default: {cosign_keys: /a}}", "unknown key: did you mean 'cosign_key'?"),
        ("{default: {keyless: {}}}", "unknown key"),
        ("{'a b': {require: digest}, default: {require: digest}}", "'a b' is not the name of a rule"),
        ("{'': {require: digest}, default: {require: digest}}", "'' is not the name of a rule"),
        ("{default: {require: digest}, default: {require: digest}}", "duplicate key 'default'"),
        ("{default: {cosign_key: release.pub}}", "'release.pub' is not an absolute path: start it with '/'"),
        ("{default: {cosign_key: 'cred:release.pub'}}", "is not an absolute path"),
        ("{default: {cosign_key: /a/../b}}", "is not an absolute path"),
        ("{default: {cosign_key: []}}", "cosign_key: is empty: add the path of a PEM file"),
        ("{default: {cosign_key: }}", "cosign_key: must be a list, is empty"),
        ("{default: {cosign_key: [/a, /a]}}", "cosign_key[1]: is given twice"),
        ("{default: {cosign_key: [/a, //a]}}", "cosign_key[1]: is given twice"),
        (
            "{default: {cosign_key: [\((0..<17).map { "/k\($0)" }.joined(separator: ", "))]}}",
            "more than 16 keys"
        ),
        ("{default: {cosign_key: /a, threshold: 0}}", "is not a whole number from 1 to 16"),
        ("{default: {cosign_key: /a, threshold: 2}}", "threshold: more than there are keys: use at most 1"),
        ("{default: {require: digest, threshold: 1}}", "threshold: means nothing without 'cosign_key'"),
        ("{default: {require: digest, identity: any}}", "identity: means nothing without 'cosign_key'"),
        ("{default: {require: digest, algorithm: ed25519}}", "algorithm: means nothing without 'cosign_key'"),
        (
            "{default: {cosign_key: /a, algorithm: rsa}}",
            "'rsa' is not an algorithm: use ecdsa-p256, ecdsa-p384"
        ),
        (
            "{default: {cosign_key: /a, identity: mine}}",
            "'mine' is not an identity: use 'any' or 'repository'"
        ),
        ("{default: {min_age: 0}}", "min_age: must be more than 0 and at most 87600h"),
        ("{default: {min_age: 87601h}}", "min_age: must be more than 0 and at most 87600h"),
        ("{default: {min_age: 3}}", "'3' is not a duration"),
        ("{default: {min_age: -1h}}", "'-1h' is not a duration"),
        ("{default: {min_age: '${AGE}'}}", "no variable is put in here"),
    ])
    func `bad words are refused`(_ images: String, _ part: String) {
        let found = problems(images)
        #expect(found.contains { $0.contains(part) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("node.yaml:3:") && !$0.contains("\n") }, "\(found)")
    }

    @Test(arguments: [
        "redis", "library/redis", "", "/", "/a", "*.test", "registry.test/*", "registry.test//a",
        "registry.test/A", "registry.test/a:1", "registry.test/a@sha256:00", "https://registry.test",
        "registry.test/a b", "registry.test/.a", "registry.test/a-", "registry.test/../a", "registry..test",
        "registry.test.", "registry.test:", "-x.test", "registry.test/ä",
        "registry.test/" + String(repeating: "a", count: 242),
    ])
    func `what is no prefix of repositories is refused`(_ prefix: String) {
        let found = problems("{default: {deny: true}, a: {prefixes: ['\(prefix)'], require: digest}}")
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.contains("trust.images.a.prefixes[0]: ") == true, "\(found)")
        #expect(found.first?.contains("is not a prefix of repositories: write the registry too") == true)
    }

    @Test(arguments: [
        "[a.test/, a.test/]", "[a.test, A.TEST]", "[a.test/x, 'a.test:443/x']",
        "[docker.io/library/, index.docker.io/library/]",
    ])
    func `no prefix has two rules`(_ prefixes: String) {
        let found = problems("{default: {deny: true}, a: {prefixes: \(prefixes), require: digest}}")
        #expect(found.count == 1 && found[0].contains("a.prefixes[1]: has a rule already: keep one of them"))
    }

    @Test func `nor do two rules share one`() {
        let found = problems(
            "{default: {deny: true}, a: {prefixes: [a.test/], require: digest}, b: {prefixes: [A.test/], min_age: 1h}}"
        )
        #expect(found.count == 1 && found[0].contains("trust.images.b.prefixes[0]: has a rule already"))
    }

    @Test func `rules and prefixes are bounded`() {
        let rules = (0..<101).map { "r\($0): {prefixes: [r\($0).test], require: digest}" }
        #expect(
            problems("{default: {deny: true}, \(rules.joined(separator: ", "))}").contains {
                $0.contains("more than 100 rules")
            }
        )
        let prefixes = (0..<101).map { "r\($0).test" }.joined(separator: ", ")
        #expect(
            problems("{default: {deny: true}, a: {prefixes: [\(prefixes)], require: digest}}").contains {
                $0.contains("more than 100 prefixes")
            }
        )
        #expect(
            problems("{default: {deny: true}, a: {prefixes: [], require: digest}}").contains {
                $0.contains("is empty: add a prefix")
            }
        )
    }
}
