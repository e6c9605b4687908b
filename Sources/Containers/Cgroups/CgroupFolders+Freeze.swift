// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupFolders {
    private enum Freezer {
        case legacy(String)
        case unified(String)
    }

    private func freezer() throws(ContainerError) -> Freezer {
        if let folder = legacy("freezer") { return .legacy(folder) }
        if let unified, access("\(unified)/cgroup.freeze", F_OK) == 0 || access(unified, F_OK) < 0 {
            return .unified(unified)
        }
        throw ContainerError(
            step: "cgroup",
            "freeze \(path)",
            cause: .unsupported("this host has no freezer controller: mount it, or use kernel 5.2 or newer")
        )
    }

    /// Whether the group was told to freeze, itself or by one above.
    func isFrozen() throws -> Bool {
        switch try? freezer() {
        case .legacy(let folder): Self.word("\(folder)/freezer.state").map { $0 != "THAWED" } ?? false
        case .unified(let folder): Self.word("\(folder)/cgroup.freeze") == "1"
        case nil: false
        }
    }

    /// Stops every process of the group and waits until they stand; they run again when that takes too long.
    func freeze(within patience: Duration = .seconds(10)) throws {
        let deadline = ContinuousClock.now + patience
        switch try freezer() {
        case .legacy(let folder):
            for attempt in 0... {
                // cgroup-v1/freezer-subsystem.rst: it stays FREEZING while a process could not be reached, for
                // example in vfork(2) or on ptrace(2); to write again makes it try again.
                try Self.write("FROZEN", to: "\(folder)/freezer.state")
                if Self.word("\(folder)/freezer.state") == "FROZEN" { return }
                if ContinuousClock.now > deadline { break }
                // A thaw in between lets a process on that the others wait for.
                if attempt % 25 == 24 { try Self.write("THAWED", to: "\(folder)/freezer.state") }
                usleep(min(10_000, 100 << UInt32(min(attempt, 7))))
            }
        case .unified(let folder):
            let events = try Descriptor.open("\(folder)/cgroup.events", O_RDONLY)
            try Self.write("1", to: "\(folder)/cgroup.freeze")
            while ContinuousClock.now < deadline {
                _ = lseek(events.number, 0, SEEK_SET)
                if String(decoding: try events.read(4096), as: UTF8.self).contains("frozen 1") { return }
                // The file tells its changes by POLLPRI, cgroup-v2.rst.
                var change = pollfd(fd: events.number, events: Int16(POLLPRI), revents: 0)
                _ = poll(&change, 1, 100)
            }
        }
        try? thaw()
        throw ContainerError(step: "cgroup", "freeze \(path)", cause: .errno(ETIMEDOUT))
    }

    /// Lets the processes of the group run.
    func thaw() throws {
        switch try freezer() {
        case .legacy(let folder):
            for attempt in 0..<1000 {
                try Self.write("THAWED", to: "\(folder)/freezer.state")
                if Self.word("\(folder)/freezer.state") == "THAWED" { return }
                usleep(min(10_000, 100 << UInt32(min(attempt, 7))))
            }
            throw ContainerError(
                step: "cgroup",
                "thaw \(path)",
                cause: .unsupported("it stays frozen: a group above it is frozen, thaw that")
            )
        case .unified(let folder): try Self.write("0", to: "\(folder)/cgroup.freeze")
        }
    }

    /// The first word of a file.
    static func word(_ file: String) -> String? {
        text(file)?.split(whereSeparator: \.isWhitespace).first.map(String.init)
    }
}
