// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// What goes wrong on purpose, in the build of the keeper that can: `Tests/Faults/faults.c`.
struct Fault: CustomStringConvertible {
    enum Kind: String, CaseIterable, Sendable {
        /// The operation is not done and fails with `Fault.errno`.
        case error
        /// The process that would do the operation is killed.
        case kill
    }

    /// No operation fails with it by itself.
    static let errno = ENODATA

    let kind: Kind
    let index: Int

    var description: String { "\(kind) at \(index)" }

    /// Lets the launches from here on meet it.
    func plan(in file: String) throws {
        let line = "\(kind.rawValue) \(index) \(kind == .error ? Self.errno : 0)\n"
        try Descriptor.open(file, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(Array(line.utf8))
    }

    /// All is well again.
    static func clear(_ file: String) { unlink(file) }

    /// The keeper's build that can fail, beside the usual one.
    static func keeper() throws -> String {
        let beside = try TestNode.keeperProgram() + "-faults"
        for candidate in [beside, ".build/debug/martlet-keeper-faults"] where access(candidate, X_OK) == 0 {
            return candidate
        }
        throw LinuxError("find", "martlet-keeper-faults: build it with `make test`", errno: ENOENT)
    }

    /// Whether every operation is tried, and more than the usual number of times.
    static let isSoak = getenv("MARTLET_SOAK") != nil
}

/// What a process holds, for comparison.
struct Holdings: Equatable {
    var descriptors: [String]
    var mappings: Int
    var children: Int
    /// The mounts of its namespace.
    var mounts: Int

    init(of pid: Int32) throws {
        let folder = try Descriptor.open("/proc/\(pid)/fd", O_DIRECTORY)
        // Without the numbers that sockets and pipes have.
        descriptors = try folder.entries().map { name in
            var target = [UInt8](repeating: 0, count: 256)
            let length = readlinkat(folder.number, name.description, &target, target.count)
            return String(
                decoding: target.prefix(max(length, 0)).prefix { $0 != UInt8(ascii: "[") },
                as: UTF8.self
            )
        }.sorted()
        mappings = try Self.lines("/proc/\(pid)/maps")
        mounts = try Self.lines("/proc/\(pid)/mountinfo")
        let text = try Descriptor.open("/proc/\(pid)/task/\(pid)/children", O_RDONLY).readAll(limit: 1 << 16)
        children = String(decoding: text, as: UTF8.self).split(separator: " ").count
    }

    private static func lines(_ file: String) throws -> Int {
        try Descriptor.open(file, O_RDONLY).readAll(limit: 16 << 20).count { $0 == UInt8(ascii: "\n") }
    }

    /// What it holds once that is `expected`, or after a while.
    static func settled(of pid: Int32, as expected: Holdings) async throws -> Holdings {
        var found = try Holdings(of: pid)
        for _ in 0..<200 where found != expected {
            try await Task.sleep(for: .milliseconds(10))
            found = try Holdings(of: pid)
        }
        return found
    }
}
