// SPDX-License-Identifier: Apache-2.0
internal import ControlAPI
internal import Foundation
internal import Testing
internal import Yams

/// `docs/api.yaml` and what is served are one.
@Suite struct DescriptionTests {
    @Test func `every route is described with its role, and nothing else is`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let text = try String(contentsOfFile: root.joined(separator: "/") + "/docs/api.yaml", encoding: .utf8)
        let document = try #require(try Yams.load(yaml: text) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var described: Set<ControlServer.Entry> = []
        for (path, operations) in paths {
            for (method, operation) in operations where method != "parameters" {
                let role = (operation as? [String: Any])?["x-martlet-role"] as? String
                described.insert(ControlServer.Entry(method: method, path: path, role: role))
            }
        }
        let served = Set(ControlServer.entries)
        #expect(served.count == ControlServer.entries.count)
        #expect(served.count > 20)
        #expect(described.subtracting(served).isEmpty, "described alone")
        #expect(served.subtracting(described).isEmpty, "served alone")
    }
}
