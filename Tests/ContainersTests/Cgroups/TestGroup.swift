internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// The hierarchies of this host as hosts of each kind have them: a hybrid one is all three, as far as its
/// version 2 tree goes.
enum Layout: String, CaseIterable, CustomTestStringConvertible {
    case asMounted = "as mounted"
    case legacy = "version 1 alone"
    case unified = "version 2 alone"

    var testDescription: String { rawValue }

    /// Those that this host can play.
    static var here: [Layout] {
        guard let mounts = try? CgroupMounts.find() else { return [] }
        return mounts.layout == .hybrid ? allCases : [.asMounted]
    }

    func mounts() throws -> CgroupMounts {
        let found = try CgroupMounts.find()
        return switch self {
        case .asMounted: found
        case .legacy: CgroupMounts(unified: nil, legacy: found.legacy.filter { !$0.key.hasPrefix("name=") })
        case .unified: CgroupMounts(unified: found.unified, legacy: [:])
        }
    }
}

/// A folder of a test's own in the hierarchies, with commands in groups below it.
struct TestGroup {
    let mounts: CgroupMounts
    let parent: CgroupPath

    init(_ layout: Layout = .asMounted) throws {
        mounts = try layout.mounts()
        parent = try CgroupPath("/martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
    }

    var path: CgroupPath {
        get throws { try parent.appending("x") }
    }

    func make(_ resources: Resources = Resources()) throws -> Cgroup {
        try Cgroup(path, in: mounts, resources: resources)
    }

    /// Runs a command in a group, in the background; its pid.
    @discardableResult
    func start(_ command: String, in group: Cgroup) throws -> Int32 {
        let enter = group.folders.all().map { "echo 0 >\($0)/cgroup.procs" }.joined(separator: " && ")
        let quoted = "\(enter) && { \(command); }".split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''")
        let text = try Shell.run("sh -c '\(quoted)' >/dev/null 2>&1 </dev/null & echo $!")
        let pid = try #require(Int32(text.prefix { !$0.isWhitespace }))
        try eventually("\(command) is in its group") { try group.processes().contains(pid) }
        return pid
    }

    /// Runs a command in a group to its end; its output.
    func run(_ command: String, in group: Cgroup) throws -> String {
        let enter = group.folders.all().map { "echo 0 >\($0)/cgroup.procs" }.joined(separator: " && ")
        return try Shell.run("\(enter) && { \(command); }")
    }

    /// A file of the group, wherever it is.
    func file(_ controller: String, _ name: String) throws -> String? {
        let folder = CgroupFolders(mounts: mounts, path: try path).folder(controller)
        return folder.flatMap { CgroupFolders.text("\($0)/\(name)") }
            .map { $0.split(whereSeparator: \.isNewline).joined(separator: "\n") }
    }
}

/// Runs `body` with a group's place and takes away what is in it, also when it fails, and the version 2 controllers
/// that were not handed down before.
func withGroup(_ layout: Layout = .asMounted, _ body: (TestGroup) throws -> Void) throws {
    let group = try TestGroup(layout)
    let whole = try CgroupMounts.find()
    let control = whole.unified.map { "\($0.point)/cgroup.subtree_control" } ?? ""
    let handed = CgroupFolders.words(control)
    defer {
        do {
            try Cgroup.remove(group.parent, in: whole, killing: true)
        } catch {
            Issue.record(error)
        }
        for new in CgroupFolders.words(control).subtracting(handed) {
            try? CgroupFolders.write("-\(new)", to: control)
        }
    }
    try body(group)
}

/// Waits up to ten seconds.
func eventually(_ what: String, _ holds: () throws -> Bool) throws {
    for _ in 0..<2000 {
        if try holds() { return }
        usleep(5_000)
    }
    Issue.record("not within ten seconds: \(what)")
}
