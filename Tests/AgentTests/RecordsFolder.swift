// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

@testable internal import Agent

/// A state and a runtime folder of a test's own, and what can befall them.
struct RecordsFolder: ~Copyable {
    let path = "/var/tmp/martlet-test-records-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    var state: String { "\(path)/state" }
    var runtime: String { "\(path)/run" }
    var database: String { "\(state)/agent.db" }
    var mirror: String { "\(runtime)/apps" }

    init() throws { try Shell.run("mkdir -p \(path)/state \(path)/run") }

    deinit { _ = try? Shell.run("umount \(path)/state 2>/dev/null; rm -rf \(path)") }

    func open(keep: Int = 5) async throws -> Records {
        try await Records.open(state: state, runtime: runtime, keepGenerations: keep)
    }

    /// As a reboot leaves it: the runtime folder is empty.
    func reboot() throws { try Shell.run("rm -rf \(runtime) && mkdir \(runtime)") }

    func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    func bytes(_ path: String) throws -> [UInt8] {
        try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 24)
    }

    /// Writes into the file itself, as a disk would lose a bit.
    func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        try Descriptor.open(path, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o600).write(bytes)
    }

    /// Flips the lowest bit of the first letter of a text that the file holds.
    func flip(_ text: String, in path: String) throws {
        var content = try bytes(path)
        guard let range = content.firstRange(of: Array(text.utf8)) else {
            throw Shell.Failure(description: "\(path) does not hold '\(text)'")
        }
        content[range.lowerBound] ^= 1
        try Descriptor.open(path, O_WRONLY).write(content)
    }
}

extension Records {
    /// Accepts a generation and gets there.
    func reach(_ generation: Generation) throws {
        try accept(generation)
        try confirm(app: generation.app)
    }
}

extension Generation {
    static func sample(
        _ app: String,
        _ number: Int,
        model: String = "{}",
        source: String = "push"
    ) -> Generation {
        Generation(
            app: app,
            number: number,
            digest: "sha256:\(app)-\(number)",
            model: model,
            images: ["web": "sha256:image-\(number)"],
            source: source,
            caller: "uid 0 pid 4711",
            acceptedAt: 1_700_000_000_000_000_000 &+ Int64(number)
        )
    }
}
