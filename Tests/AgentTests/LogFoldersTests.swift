// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Plan
internal import TestKit
internal import Testing

@testable internal import Agent

@Suite struct LogFoldersTests {
    @Test func `logs of what is no more go after a week, or when there are too many`() throws {
        let root = "/var/tmp/martlet-test-logs-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? Shell.run("rm -rf \(root)") }
        let logs = LogFolders(root: root)
        let day: Int64 = 86_400
        /// A log whose last line is so many days old on day 100; without an age it is of today.
        func log(_ app: String, _ index: Int, age: Int64? = nil) throws -> InstanceName {
            let path = try LogFolders.make(logs.path(app: app, service: "web", index: index, id: "\(app)-x"))
            guard let age else { return InstanceName(app: app, service: "web", index: index) }
            try Shell.run("touch -d @\((100 - age) * day) \(path)/0.log; touch -d @1 \(path)")
            return InstanceName(app: app, service: "web", index: index)
        }
        let old = try log("gone", 1, age: 8), recent = try log("gone", 2, age: 6)
        let alone = try log("alone", 1, age: 9), present = try log("here", 1, age: 90)
        let gone = try logs.prune(sparing: [present], now: 100 * day)
        #expect(Set(gone) == [old, alone])
        #expect(Set(logs.spools(app: nil).map(\.name)) == [recent, present])
        #expect(logs.children(root) == ["gone", "here"] && logs.children("\(root)/gone/web") == ["2"])
        #expect(try logs.prune(sparing: [present], now: 100 * day).isEmpty)

        for index in 1...LogFolders.mostLeft { _ = try log("many", index) }
        #expect(try logs.prune(sparing: [present], now: 100 * day) == [recent])
        #expect(logs.spools(app: "many").count == LogFolders.mostLeft)
    }
}
