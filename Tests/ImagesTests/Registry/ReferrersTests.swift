// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Images

/// What refers to an image, by the API of the distribution specification 1.1.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct ReferrersTests {
    static let subject = Digest(of: [1, 2, 3])

    /// Descriptors of kinds `0` to `count - 1`.
    private static func index(_ range: Range<Int>) -> [UInt8] {
        let pointers = range.map {
            LayoutWriter.pointer(
                MediaType.ociManifest,
                "\(Digest(of: [UInt8($0 & 255)]))",
                $0,
                #","artifactType":"application/vnd.example.\#($0)""#
            )
        }
        return Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(pointers.joined(separator: ","))]}"#
                .utf8
        )
    }

    private static func page(_ range: Range<Int>, next: String? = nil) -> Answer {
        var answer = Answer(fields: [("Content-Type", MediaType.ociIndex)], body: index(range))
        if let next { answer.fields.append(("Link", next)) }
        return answer
    }

    /// A registry with the API as `answer` has it, and perhaps a tag that stands in for it.
    private func registry(
        tagged: [UInt8]? = nil,
        _ answer: @escaping @Sendable (Asked) -> Answer
    ) throws -> (MemoryRegistry, () throws -> [String?]) {
        var content = MemoryRegistry.Content()
        if let tagged { content.manifests["sha256-\(Self.subject.hex)"] = (MediaType.ociIndex, tagged) }
        let registry = try MemoryRegistry(content) { asked, honest in
            asked.path == "/v2/team/app/referrers/\(Self.subject)" ? answer(asked) : honest
        }
        return (
            registry,
            {
                let name = registry.name
                let client = MemoryRegistry.client([name])
                return try client.referrers(of: Self.subject, in: Reference("\(name)/team/app")).map(
                    \.artifactType
                )
            }
        )
    }

    private static func kinds(_ range: Range<Int>) -> [String?] {
        range.map { "application/vnd.example.\($0)" }
    }

    @Test func `all pages of a list are read, wherever the server says that the next one is`() throws {
        let (registry, referrers) = try registry { asked in
            let path = asked.path
            return switch asked.target.drop(while: { $0 != "?" }) {
            case "": Self.page(0..<3, next: "<\(path)?last=a,b>; title=\"x, <y>\"; rel=\"next\"")
            case "?last=a,b":
                Self.page(3..<5, next: "<http://127.0.0.1/first>; rel=first, <?last=2>;rel=next")
            case "?last=2":
                Self.page(5..<6, next: "<http://\(asked.fields["host"] ?? "")\(path)?last=3>; REL=\"NEXT\"")
            default: Self.page(6..<7)
            }
        }
        #expect(try referrers() == Self.kinds(0..<7))
        #expect(registry.web.asked.count == 4)
    }

    @Test func `a registry without the API has the tag asked for, and one without the tag has none`() throws {
        for status in [404, 405, 400, 501] {
            let (_, tagged) = try registry(tagged: Self.index(0..<2)) { _ in Answer(status: status) }
            #expect(try tagged() == Self.kinds(0..<2))
            let (_, none) = try registry { _ in Answer(status: status) }
            #expect(try none().isEmpty)
        }
        // One that has it is not second-guessed by the tag.
        let (registry, referrers) = try registry(tagged: Self.index(0..<2)) { _ in Self.page(0..<0) }
        #expect(try referrers().isEmpty)
        #expect(registry.web.asked.count == 1)
    }

    static let lies: [(String, words: String, @Sendable (Asked) -> Answer)] = [
        ("an error", "answers 500", { _ in Answer(status: 500) }),
        ("no", "answers 403", { _ in Answer(status: 403) }),
        (
            "a portal's page", "text/html",
            { _ in Answer(fields: [("Content-Type", "text/html")], body: Array("<html>".utf8)) }
        ),
        (
            "half a list", "not found",
            { $0.target.contains("?") ? Answer(status: 404) : page(0..<2, next: "<?last=1>; rel=next") }
        ),
        ("a circle", "in a circle", { page(0..<1, next: "<\($0.target)>; rel=next") }),
        (
            "no end", "more than 100 pages",
            { asked in
                let number = Int(asked.target.split(separator: "=").last ?? "") ?? 0
                return page(0..<1, next: "<?n=\(number + 1)>; rel=next")
            }
        ),
        ("more than there may be", "more than 1024", { _ in page(0..<1025) }),
        ("another server", "another server", { _ in page(0..<1, next: "<http://127.0.0.2:1/x>; rel=next") }),
        ("a file", "neither http nor https", { _ in page(0..<1, next: "<file:///etc/passwd>; rel=next") }),
        (
            "no JSON", "JSON",
            { _ in Answer(fields: [("Content-Type", MediaType.ociIndex)], body: Array("none".utf8)) }
        ),
    ]

    @Test(arguments: lies.indices)
    func `a list that is none, or not whole, is an error and no shorter list`(_ index: Int) throws {
        let (title, words, answer) = Self.lies[index]
        let (_, referrers) = try registry(tagged: Self.index(0..<2), answer)
        let error = try #require(throws: ImageError.self, "\(title)") { try referrers() }
        #expect(error.description.contains(words), "\(title): \(error)")
    }

    @Test func `links are read as RFC 8288 has them`() {
        #expect(LinkField.next(in: []) == nil && LinkField.next(in: ["<a>; rel=prev", "b; rel=next"]) == nil)
        #expect(LinkField.next(in: ["<a>; rel=prev, <b,c>; x=\"1,2;3\" ; rel = next"]) == "b,c")
        #expect(LinkField.next(in: ["<a", "<>", "<b>;rel=\"next", "<c>;rel=\"next\""]) == "c")
    }
}
