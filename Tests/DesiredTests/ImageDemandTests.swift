// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `x-martlet.image`.
@Suite struct ImageDemandTests {
    private static func app(_ demand: String) throws -> App {
        try Sample.app(Sample.header + "    x-martlet: {image: \(demand)}\n")
    }

    @Test func `what a service asks of its image is read`() throws {
        let service = try Sample.web("x-martlet: {image: {verify: release-key, min_age: 72h}}")
        #expect(service.imageDemand.verify == "release-key")
        #expect(service.imageDemand.minimumAge == .seconds(72 * 3600))
        #expect(try Sample.web("x-martlet: {image: {}}").imageDemand == ImageDemand())
    }

    @Test func `it makes another generation, and no other container`() throws {
        let (with, without) = (try Self.app("{verify: a, min_age: 1h}"), try Self.app("{}"))
        #expect(with.digest != without.digest)
        #expect(try Self.app("{min_age: 60m, verify: a}").digest == with.digest)
        #expect(try Self.app("{min_age: 61m, verify: a}").digest != with.digest)
        #expect(with.replaceKey(of: with.services[0]) == without.replaceKey(of: without.services[0]))
    }

    @Test(arguments: [
        ("{verify: ''}", "x-martlet.image.verify", "is not the name of a rule: name a rule with a key"),
        ("{verify: [a]}", "x-martlet.image.verify", "must be a string"),
        ("{verify: a/b}", "x-martlet.image.verify", "is not the name of a rule"),
        ("{min_age: 0s}", "x-martlet.image.min_age", "must be more than 0 and at most 87600h"),
        ("{min_age: 87601h}", "x-martlet.image.min_age", "must be more than 0"),
        ("{min_age: 3 days}", "x-martlet.image.min_age", "is not a duration"),
        ("{minage: 3h}", "x-martlet.image.minage", "unknown key: did you mean 'min_age'?"),
        ("release-key", "x-martlet.image", "must be a mapping"),
    ])
    func `what is no demand is refused with its place`(_ demand: String, _ path: String, _ words: String) {
        let found = Sample.problems(Sample.header + "    x-martlet: {image: \(demand)}\n")
        #expect(found.count == 1 && found[0].hasPrefix("app.yaml:5:"), "\(found)")
        #expect(found.allSatisfy { $0.contains("services.web.\(path): ") && $0.contains(words) }, "\(found)")
    }
}
