// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct PullPolicyTests {
    @Test(arguments: [
        ("never", PullPolicy.never), ("missing", .missing), ("always", .always),
        ("daily", .every(.seconds(86_400))), ("weekly", .every(.seconds(604_800))),
        ("every_1d", .every(.seconds(86_400))), ("every_1w2d3h4m5s", .every(.seconds(788_645))),
        ("every_90s", .every(.seconds(90))), ("every_0s", .every(.zero)),
        ("every_4294967295s", .every(.seconds(4_294_967_295))),
    ])
    func `a word is read, and spelled so that it is read the same`(_ word: String, _ policy: PullPolicy) {
        #expect(PullPolicy(rawValue: word) == policy)
        #expect(PullPolicy(rawValue: policy.rawValue) == policy)
    }

    @Test(arguments: [
        "", "Always", "every", "every_", "every_1", "every_d", "every_1x", "every_1d ", "every_-1d",
        "every_+1d",
        "every_1.5h", "every_4294967296s", "every_7102w", "every_１d", "build", "refresh", "if_not_present",
        "every_" + String(repeating: "4294967295w", count: 4_000),
    ])
    func `what is no such word is not read`(_ word: String) { #expect(PullPolicy(rawValue: word) == nil) }

    private static let hour: Int64 = 3_600_000_000_000
    private static let now = 500_000 * hour

    @Test(
        arguments: [
            // When it was pulled last, in hours before now, whether it is here; then never, missing, always, daily.
            (nil, false, [.refuse, .fetch, .fetch, .fetch]), (1, false, [.refuse, .fetch, .fetch, .fetch]),
            (nil, true, [.use, .use, .fetch, .fetch]), (0, true, [.use, .use, .fetch, .use]),
            (23, true, [.use, .use, .fetch, .use]), (24, true, [.use, .use, .fetch, .fetch]),
            (25, true, [.use, .use, .fetch, .fetch]), (-1, true, [.use, .use, .fetch, .fetch]),
        ] as [(Int64?, Bool, [PullPolicy.Decision])]
    )
    func `what is done for an image`(_ age: Int64?, _ present: Bool, _ wanted: [PullPolicy.Decision]) {
        let policies = [PullPolicy.never, .missing, .always, .every(.seconds(86_400))]
        let found = policies.map {
            $0.decision(lastPulled: age.map { Self.now - $0 * Self.hour }, now: Self.now, present: present)
        }
        #expect(found == wanted)
    }

    @Test func `no time is out of range`() {
        for (last, now) in [(Int64.min, Int64.max), (.min, 0), (.max, .min), (0, .max), (.max, .max)] {
            let found = PullPolicy.every(.seconds(1)).decision(lastPulled: last, now: now, present: true)
            #expect(found == (last == now ? .use : .fetch))
        }
    }

    @Test func `a file names its policy`() throws {
        for (word, policy) in [
            ("always", PullPolicy.always), ("daily", .every(.seconds(86_400))), ("never", .never),
        ] {
            #expect(
                try Sample.app(Sample.header + "    pull_policy: \(word)\n").services.first?.pullPolicy
                    == policy
            )
        }
    }
}
