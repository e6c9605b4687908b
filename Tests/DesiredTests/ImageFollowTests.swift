// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `x-martlet.image.follow`.
@Suite struct ImageFollowTests {
    @Test(arguments: [
        ("~1", "1.0.0 1.0.1 1.9.9 1.4294967295.0", "0.9.9 2.0.0"),
        ("~1.4", "1.4.0 1.4.2 1.4.99", "1.3.9 1.5.0 2.4.0"), ("~1.4.2", "1.4.2 1.4.3", "1.4.1 1.5.0"),
        ("~0.3", "0.3.0 0.3.1", "0.4.0 0.2.9"), ("^1.4", "1.4.0 1.5.0 1.99.0", "1.3.9 2.0.0"),
        ("^1.4.2", "1.4.2 1.10.0", "1.4.1 2.0.0"), ("^0.3.1", "0.3.1 0.3.9", "0.3.0 0.4.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4 0.1.0"), ("^0", "0.0.0 0.9.0", "1.0.0"),
        ("~0.0.0", "0.0.0 0.0.7", "0.1.0"),
    ])
    func `a range has its bounds`(_ text: String, _ inside: String, _ outside: String) throws {
        let range = try #require(VersionRange(text))
        #expect(range.description == text && ImageFollow(rawValue: text)?.rawValue == text)
        for tag in inside.split(separator: " ") {
            #expect(range.contains(try #require(ImageVersion(tag: tag))), "\(tag)")
        }
        for tag in outside.split(separator: " ") {
            #expect(!range.contains(try #require(ImageVersion(tag: tag))), "\(tag)")
        }
    }

    @Test(arguments: [
        "", "~", "^", "1.4", ">=1.4", "~1.", "~.1", "~1.2.3.4", "~1.x", "~-1", "~01", "~ 1", "~1.4-rc",
        "tags", "Tag",
        "~4294967295", "~1.4294967295", "~4294967296", "~１",
    ])
    func `what is no range is not read`(_ text: String) { #expect(ImageFollow(rawValue: text) == nil) }

    @Test(arguments: [
        "", "v", "1", "1.4", "1.4.2.1", "1.4.x", "01.4.2", "1.4.02", "1.4.2-", "V1.4.2", "latest",
        "1.4.4294967296",
        "1.4.2+x", "-1.4.2", "v-1.4.2",
    ])
    func `what is no version is not read`(_ tag: String) { #expect(ImageVersion(tag: tag) == nil) }

    @Test(
        arguments: [
            ("1.4.2", ["1.4.1", "1.4.3", "1.4.10", "1.5.0", "latest", "1.4.11-rc1", "v1.4.12"], "1.4.10"),
            ("1.4.2", ["1.4.2", "1.4.1"], nil), ("1.4.2", [], nil),
            ("v1.4.2", ["1.4.3", "v1.4.4"], "v1.4.4"),
            ("1.4.2-alpine", ["1.4.3", "1.4.3-alpine", "1.4.4-slim"], "1.4.3-alpine"),
            ("latest", ["1.4.3"], nil),
        ] as [(String, [String], String?)]
    )
    func `a service moves to the newest of its kind`(_ present: String, _ tags: [String], _ wanted: String?)
        throws
    {
        let follow = try #require(ImageFollow(rawValue: "~1.4"))
        #expect(follow.next(after: present, among: tags) == wanted)
        #expect(follow.next(after: present, among: tags.reversed()) == wanted)
        #expect(ImageFollow.tag.next(after: present, among: tags) == nil)
    }

    private static func file(_ image: String, _ follow: String, _ more: String = "") -> String {
        "name: a\nservices:\n  web:\n    image: \"\(image)\"\n    x-martlet: {image: {follow: \(follow)}}\n\(more)"
    }

    @Test func `a file says what is followed, and that is part of the generation`() throws {
        let app = try Sample.app(Self.file("r.test:5000/web:1.4.2", "'~1.4'"))
        #expect(app.services[0].imageDemand.follow == ImageFollow(rawValue: "~1.4"))
        let tag = try Sample.app(Self.file("r.test:5000/web:1.4.2", "tag"))
        #expect(tag.services[0].imageDemand.follow == .tag && tag.digest != app.digest)
        #expect(try Sample.app(Self.file("r.test:5000/web", "tag")).services[0].imageDemand.follow == .tag)
    }

    @Test(arguments: [
        (
            "web:1.4.2", "1.4", "",
            "must be a string|is not something to follow: use 'tag', or a range such as ~1.4 or ^1"
        ),
        ("web:1.4.2", "'>1'", "", "is not something to follow"),
        ("web:1.4.2", "true", "", "must be a string"),
        ("web:1.3.9", "'~1.4'", "", "the tag '1.3.9' is not in ~1.4"),
        ("r.test:5000/web", "'~1.4'", "", "the tag 'latest' is no version: begin with one"),
        ("web:1.4", "^1", "", "the tag '1.4' is no version"),
        ("web:1.4.2", "tag", "    pull_policy: never\n", "does not go with pull_policy 'never'"),
        (
            "web:1.4.2@sha256:0000000000000000000000000000000000000000000000000000000000000000", "tag", "",
            "named by its digest, which never moves"
        ),
    ])
    func `what cannot be followed is refused with its place`(
        _ image: String,
        _ follow: String,
        _ more: String,
        _ words: String
    ) {
        let found = Sample.problems(Self.file(image, follow, more))
        #expect(
            found.count == 1 && found[0].hasPrefix("app.yaml:5:33: services.web.x-martlet.image.follow: "),
            "\(found)"
        )
        #expect(words.split(separator: "|").contains { found.first?.contains($0) == true }, "\(found)")
    }
}
