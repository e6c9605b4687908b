// SPDX-License-Identifier: Apache-2.0
internal import ControlAPI
internal import Foundation
internal import Testing

@testable internal import Desired

/// `docs/api.yaml` and what is served are one.
@Suite struct DescriptionTests {
    @Test func `every route is described with its role, and nothing else is`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let text = try String(contentsOfFile: root.joined(separator: "/") + "/docs/api.yaml", encoding: .utf8)
        let paths = try #require(Self.document(text)["paths"])
        var described: Set<ControlServer.Entry> = []
        for path in paths.entries {
            for operation in path.value.entries where operation.key != "parameters" {
                let role = operation.value["x-martlet-role"]?.text
                described.insert(ControlServer.Entry(method: operation.key, path: path.key, role: role))
            }
        }
        let served = Set(ControlServer.entries)
        #expect(served.count == ControlServer.entries.count)
        #expect(served.count > 20)
        #expect(described.subtracting(served).isEmpty, "described alone")
        #expect(served.subtracting(described).isEmpty, "served alone")
    }

    private static func document(_ text: String) throws -> Tree {
        var text = text
        let content = text.withUTF8 {
            Document.read($0, file: 0, limit: 100_000, Findings(file: "docs/api.yaml"))
        }
        return try #require(content?.documents.first)
    }
}

extension Tree {
    fileprivate var entries: [Entry] { if case .mapping(let entries) = content { entries } else { [] } }
    fileprivate var text: String? { if case .scalar(let scalar) = content { scalar.text } else { nil } }
    fileprivate subscript(key: String) -> Tree? { entries.first { $0.key == key }?.value }
}
