// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Testing

@testable internal import Images

@Suite struct TrustRuleTests {
    private static let policy = TrustPolicy(
        rules: [
            TrustRule(name: "all", prefixes: ["registry.test"]),
            TrustRule(name: "team", prefixes: ["registry.test/team/", "other.test:5000/x"]),
            TrustRule(name: "app", prefixes: ["registry.test/team/app"]),
            TrustRule(name: "official", prefixes: ["docker.io/library/"]),
            TrustRule(name: "hub", prefixes: ["index.docker.io"]),
            TrustRule(name: "upper", prefixes: ["UPPER.test:443/a"]),
            TrustRule(name: "six", prefixes: ["[::1]:5000/"]),
        ],
        fallback: TrustRule(name: "default")
    )

    @Test(arguments: [
        ("registry.test/app", "all"), ("registry.test/teams/app", "all"), ("registry.test/team", "all"),
        ("registry.test/team/other", "team"), ("registry.test/team/application", "team"),
        ("registry.test/team/app", "app"), ("registry.test/team/app:2", "app"),
        ("registry.test/team/app/part", "app"), ("registry.test/team/app-x", "team"),
        ("registry.test:443/team/app", "app"), ("registry.test:0443/team/app", "app"),
        ("Registry.Test/team/app", "app"), ("registry.test:5000/team/app", "default"),
        ("registry.test.evil.test/team/app", "default"), ("evil.test/registry.test/team/app", "default"),
        ("other.test:5000/x", "team"), ("other.test:05000/x/y", "team"), ("other.test/x", "default"),
        ("redis", "official"), ("library/redis", "official"), ("docker.io/redis:7", "official"),
        ("index.docker.io/library/redis", "official"), ("team/app", "hub"), ("docker.io/team/app", "hub"),
        ("upper.test/a/b", "upper"), ("upper.test/ab", "default"), ("[::1]:5000/a", "six"),
        ("localhost/registry.test/app", "default"),
    ])
    func `the rule of the longest prefix is the one that holds`(_ name: String, _ rule: String) throws {
        #expect(Self.policy.rule(for: try Reference(name)).name == rule)
        let pinned = try Reference("\(name)@\(Digest(of: []))")
        #expect(Self.policy.rule(for: pinned).name == rule)
    }

    @Test func `the order of rules decides nothing`() throws {
        let rules = [
            TrustRule(name: "a", prefixes: ["r.test/"]), TrustRule(name: "b", prefixes: ["r.test/x/"]),
            TrustRule(name: "c", prefixes: ["r.test/x/y"]),
        ]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let policy = TrustPolicy(rules: order.map { rules[$0] }, fallback: TrustRule(name: "default"))
            #expect(policy.rule(for: try Reference("r.test/x/y/z")).name == "c")
            #expect(policy.rule(for: try Reference("r.test/x/z")).name == "b")
            #expect(policy.rule(for: try Reference("r.test/z")).name == "a")
        }
    }

    @Test func `a rule that demands anything else is another rule`() throws {
        let all = [
            TrustRule(name: "a"), TrustRule(name: "b"), TrustRule(name: "a", denies: true),
            TrustRule(name: "a", needsDigest: true), TrustRule(name: "a", threshold: 2),
            TrustRule(name: "a", bindsRepository: true), TrustRule(name: "a", minimumAge: .seconds(1)),
            TrustRule(name: "a", minimumAge: .seconds(2)),
        ]
        #expect(Set(all.map(\.digest)).count == all.count)
        #expect(TrustRule(name: "a", prefixes: ["x.test/"]).digest == TrustRule(name: "a").digest)
    }
}
