// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import TestKit
internal import Testing

@testable internal import Images

/// What tags a repository has.
@Suite struct TagListTests {
    private static func page(_ tags: [String]) -> [UInt8] {
        Array("{\"name\":\"app\",\"tags\":[\(tags.map { "\"\($0)\"" }.joined(separator: ","))]}".utf8)
    }

    private func tags(
        attempts: Int = 1,
        _ answer: @escaping @Sendable (Asked) -> Answer
    ) throws -> (tags: [String], asked: [String]) {
        let registry = try MemoryRegistry(MemoryRegistry.Content()) { asked, _ in answer(asked) }
        let client = MemoryRegistry.client([registry.name], attempts: attempts)
        let tags = try client.tags(of: Reference("\(registry.name)/app:1"))
        return (tags, registry.web.asked.map(\.target))
    }

    @Test func `pages are read to the last`() throws {
        let found = try tags { asked in
            guard asked.target.hasSuffix("&last=b") else {
                return Answer(
                    fields: [("Link", "</v2/elsewhere>; rel=\"next\"")],
                    body: Self.page(["a", "b"])
                )
            }
            return Answer(body: Self.page(["c"]))
        }
        #expect(found.tags == ["a", "b", "c"])
        #expect(found.asked == ["/v2/app/tags/list?n=1000", "/v2/app/tags/list?n=1000&last=b"])
        #expect(try tags { _ in Answer(body: Array("{\"tags\":null}".utf8)) }.tags == [])
        let empty = try tags { _ in Answer(fields: [("Link", "x")], body: Self.page([])) }
        #expect(empty.asked.count == 1)
    }

    @Test(arguments: ["<html>", "[]", "{\"tags\":[1]}", "{\"tags\":\"a\"}", ""])
    func `what is no list is refused`(_ body: String) {
        #expect(throws: ImageError.self) { try tags { _ in Answer(body: Array(body.utf8)) } }
    }

    @Test func `a list without an end, or of no end of bytes, is refused`() {
        var error = #expect(throws: ImageError.self) {
            try tags { _ in Answer(fields: [("Link", "x")], body: Self.page(["a"])) }
        }
        #expect(error?.cause == .limit("more than 100 pages"))
        error = #expect(throws: ImageError.self) {
            try tags { _ in Answer(body: Self.page(Array(repeating: "tag", count: 1_000_000))) }
        }
        #expect(error != nil)
        error = #expect(throws: ImageError.self) { try tags { _ in Answer(status: 404) } }
        #expect(error?.cause == .absent)
    }
}
