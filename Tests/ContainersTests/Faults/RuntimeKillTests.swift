// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Containers

/// `martlet-runtime` itself is killed on the way, once before each of its system calls that matter.
@Suite(
    .serialized,
    .enabled(if: geteuid() == 0, "needs root"),
    .enabled(if: access("/usr/bin/strace", X_OK) == 0, "needs strace")
)
struct RuntimeKillTests {
    /// Calls that change something that outlives the process, or that another one waits for.
    private static let calls = [
        "mkdir", "mkdirat", "openat", "write", "rename", "renameat", "mknodat", "flock", "socketpair",
        "memfd_create", "ftruncate", "open_tree", "vfork", "clone", "clone3", "sendmsg", "recvmsg", "wait4",
        "unlinkat", "rmdir", "pidfd_open", "pidfd_send_signal", "fcntl", "pread64", "getdents64",
        "exit_group",
    ]

    /// A call by its name, and which of them.
    private struct Place: CustomStringConvertible {
        var call: String
        var number: Int
        var description: String { "\(call) \(number)" }
    }

    /// All calls of a command line that ends well, by name.
    private func places(_ bundle: TestBundle, _ run: (String) throws -> TestBundle.Outcome) throws -> [Place]
    {
        let log = "\(bundle.folder)/calls"
        let names = Self.calls.map { "?\($0)" }.joined(separator: ",")
        let outcome = try run("strace -qq -o \(log) -e trace=\(names) -e signal=none")
        #expect(outcome.status == 0, "\(outcome.output)")
        let text = String(
            decoding: try Descriptor.open(log, O_RDONLY).readAll(limit: 16 << 20),
            as: UTF8.self
        )
        var counts: [String: Int] = [:]
        for line in text.split(separator: "\n") { counts[String(line.prefix { $0 != "(" }), default: 0] += 1 }
        return Self.calls.flatMap { call in
            guard let count = counts[call] else { return [Place]() }
            // Most of the many just look at something.
            let step = Fault.isSoak || count < 40 ? 1 : 3
            return stride(from: 1, through: count, by: step).map { Place(call: call, number: $0) }
        }
    }

    private func killer(_ place: Place) -> String {
        "strace -qq -o /dev/null -e trace=\(place.call) -e inject=\(place.call):signal=KILL:when=\(place.number)"
    }

    /// Takes away what a killed verb left, and has the next container of the same name run.
    private func expectCleaned(_ bundle: TestBundle, _ keeper: String, after place: Place) async throws {
        let deleted = try bundle.run("delete --force \(bundle.id)", keeper: keeper)
        #expect(deleted.status == 0, "\(place): \(deleted.output)")
        let left = try await bundle.left()
        #expect(left == [], "\(place)")
    }

    private func expectNext(_ bundle: TestBundle, _ keeper: String, after place: Place) async throws {
        let made = try bundle.create(keeper: keeper)
        #expect(made.status == 0, "after \(place): \(made.output)")
        #expect(try bundle.run("start \(bundle.id)", keeper: keeper).status == 0, "after \(place)")
        #expect(try bundle.processes().count == 1, "after \(place)")
    }

    @Test func `what a killed creation leaves is taken away by delete --force`() async throws {
        let keeper = try TestNode.keeperProgram()
        try await withTestBundle { bundle in
            let places = try places(bundle) { try bundle.create(keeper: keeper, below: $0) }
            try await expectCleaned(bundle, keeper, after: Place(call: "none", number: 0))
            #expect(places.count > 100)
            for (index, place) in places.enumerated() {
                let created = try bundle.create(keeper: keeper, below: killer(place))
                #expect(created.status == 128 + SIGKILL, "\(place): \(created.output)")
                try await expectCleaned(bundle, keeper, after: place)
                guard Fault.isSoak || index % 10 == 0 else { continue }
                try await expectNext(bundle, keeper, after: place)
                try await expectCleaned(bundle, keeper, after: place)
            }
        }
    }

    @Test(arguments: ["start", "delete --force"] + (Fault.isSoak ? ["kill --all"] : []))
    func `what a killed verb leaves is taken away by delete --force`(_ verb: String) async throws {
        let keeper = try TestNode.keeperProgram()
        try await withTestBundle { bundle in
            func prepare() throws {
                let made = try bundle.create(keeper: keeper)
                #expect(made.status == 0, "\(made.output)")
                guard verb != "start" else { return }
                #expect(try bundle.run("start \(bundle.id)", keeper: keeper).status == 0)
            }
            let words = verb == "kill --all" ? "kill --all \(bundle.id) KILL" : "\(verb) \(bundle.id)"
            try prepare()
            let places = try places(bundle) { try bundle.run(words, keeper: keeper, below: $0) }
            try await expectCleaned(bundle, keeper, after: Place(call: "none", number: 0))
            // The libraries' opening is the same for each verb.
            for place in places where Fault.isSoak || place.call != "openat" || place.number > 10 {
                try prepare()
                let ended = try bundle.run(words, keeper: keeper, below: killer(place))
                #expect(ended.status == 128 + SIGKILL, "\(place): \(ended.output)")
                try await expectCleaned(bundle, keeper, after: place)
            }
        }
    }
}
