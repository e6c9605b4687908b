// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import TestKit
internal import Testing

@testable internal import Agent

/// What of a node's settings ends its containers.
@Suite(.timeLimit(.minutes(3))) struct HaltSettingsTests {
    @Test func `what cannot be used is left out by its name, and what ends no container in silence`() throws {
        let folder = try RecordsFolder()
        try Shell.run("touch \(folder.path)/key")
        let settings = try NodeSettings.decode(
            yaml: """
                format: 1
                registries: [{ prefix: a.example, auth: "cred:registry.json" }]
                stores:
                  plain: { dir: \(folder.path)/plain }
                  safe: { dir: \(folder.path)/safe, encrypt: [\(folder.path)/key, "cred:old.key"] }
                  read: { dir: \(folder.path)/read, encrypt: \(folder.path)/key }
                sinks:
                  far: { http: { url: "https://a.example/", auth: \(folder.path)/absent } }
                  kept: { archive: { store: safe } }
                  near: { archive: { store: plain } }

                """,
            file: "node.yaml"
        )
        var told: [String] = []
        let left = settings.toHalt { told.append($0) }
        #expect(left.stores.keys.sorted() == ["plain", "read"] && left.sinks.map(\.name) == ["near"])
        #expect(left.registries.isEmpty && left.keepGenerations == 100)
        let subjects = told.map { $0.prefix { $0 != ":" } }.sorted()
        let subject = { (name: String) in Substring("\(name) is done without") }
        #expect(subjects == [subject("sinks.far"), subject("sinks.kept"), subject("stores.safe")])
        #expect(told.contains { $0.contains("give cred:old.key to martlet-keeper.service") }, "\(told)")
    }

    @Test func `the settings in force are kept, and gone with their file`() throws {
        let folder = try RecordsFolder()
        let folders = try Folders(state: folder.state, runtime: folder.runtime)
        #expect(try folders.keptSettings() == nil)
        try folders.keepSettings("format: 1\n")
        #expect(try folders.keptSettings() == "format: 1\n")
        #expect(try Shell.run("stat -c %a \(folders.settings)") == "600\n")
        try folders.keepSettings("format: 1\nnode: { name: a }\n")
        #expect(try folders.keptSettings() == "format: 1\nnode: { name: a }\n")
        try folders.keepSettings(nil)
        #expect(try folders.keptSettings() == nil)
    }
}
