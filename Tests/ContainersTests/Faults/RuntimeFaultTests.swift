// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Containers

/// Every operation of `martlet-runtime`'s launch programs fails, or its process is killed there, once.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct RuntimeFaultTests {
    private func expect(_ outcome: TestBundle.Outcome, names operation: String, _ fault: Fault) {
        let errno = fault.kind == .error ? Fault.errno : ECHILD
        let cause = LinuxError(operation, "", errno: errno).description.dropFirst(operation.count + 1)
        #expect(outcome.status != 0, "\(fault): \(operation)")
        #expect(
            outcome.output.contains(operation + String(cause)),
            "\(fault): \(operation): \(outcome.output)"
        )
    }

    private func expectNextSucceeds(_ bundle: TestBundle, _ keeper: String, after fault: Fault) async throws {
        let made = try bundle.create(keeper: keeper)
        #expect(made.status == 0, "after \(fault): \(made.output)")
        #expect(try bundle.run("start \(bundle.id)", keeper: keeper).status == 0, "after \(fault)")
        #expect(try bundle.processes().count == 1)
        #expect(try bundle.run("delete --force \(bundle.id)", keeper: keeper).status == 0, "after \(fault)")
        #expect(try await bundle.left() == [])
    }

    @Test(arguments: Fault.Kind.allCases)
    func `a creation or start that fails at any operation says which and leaves nothing`(_ kind: Fault.Kind)
        async throws
    {
        let keeper = try Fault.keeper()
        try await withTestBundle { bundle in
            let operations = try bundle.operations()
            let wait = try #require(operations.firstIndex(of: "wait for start"))
            #expect(operations.count > wait + 2 && operations.contains("copy up"))
            // Beyond the operations: before the stage reports, and before the child is released.
            for index in 0..<(kind == .kill ? operations.count + 2 : operations.count) {
                let fault = Fault(kind: kind, index: index)
                try fault.plan(in: bundle.plan)
                let created = try bundle.create(keeper: keeper)
                let isOfStart = index >= wait + (kind == .kill ? 0 : 1) && index < operations.count
                if isOfStart {
                    #expect(created.status == 0, "\(fault): \(created.output)")
                    let started = try bundle.run("start \(bundle.id)", keeper: keeper)
                    if index == operations.count - 1 && kind == .kill {
                        // It was the container's program as far as anybody can tell.
                        #expect(started.status == 0, "\(fault): \(started.output)")
                    } else if index == wait {
                        #expect(started.status != 0, "\(fault): \(started.output)")
                    } else {
                        expect(started, names: operations[index], fault)
                    }
                    let deleted = try bundle.run("delete \(bundle.id)", keeper: keeper)
                    #expect(deleted.status == 0, "\(fault): \(deleted.output)")
                } else if index < operations.count {
                    expect(created, names: operations[index], fault)
                } else {
                    #expect(created.status != 0, "\(fault)")
                }
                Fault.clear(bundle.plan)
                let left = try await bundle.left()
                #expect(left == [], "\(fault): \(index < operations.count ? operations[index] : "")")
                if Fault.isSoak || index % 16 == 0 {
                    try await expectNextSucceeds(bundle, keeper, after: fault)
                }
            }
        }
    }

    @Test(arguments: Fault.Kind.allCases)
    func `a container that is run and fails at any operation is gone at once`(_ kind: Fault.Kind) async throws
    {
        let keeper = try Fault.keeper()
        try await withTestBundle { bundle in
            let operations = try bundle.operations()
            let wait = try #require(operations.firstIndex(of: "wait for start"))
            for index in stride(from: 0, to: operations.count, by: Fault.isSoak ? 1 : 9) where index != wait {
                let fault = Fault(kind: kind, index: index)
                try fault.plan(in: bundle.plan)
                let ran = try bundle.run("run --bundle \(bundle.folder) \(bundle.id)", keeper: keeper)
                Fault.clear(bundle.plan)
                if kind == .kill && index == operations.count - 1 {
                    #expect(ran.status == 128 + SIGKILL)
                } else {
                    expect(ran, names: operations[index], fault)
                }
                #expect(try await bundle.left() == [], "\(fault)")
            }
        }
    }

    @Test(arguments: Fault.Kind.allCases)
    func `a further process that fails at any operation says which, and the container lives on`(
        _ kind: Fault.Kind
    )
        async throws
    {
        let keeper = try Fault.keeper()
        try await withTestBundle { bundle in
            #expect(try bundle.create(keeper: keeper).status == 0)
            #expect(try bundle.run("start \(bundle.id)", keeper: keeper).status == 0)
            let only = try bundle.processes()
            let operations = try bundle.operationsOfExec("true")
            for index in operations.indices {
                let fault = Fault(kind: kind, index: index)
                try fault.plan(in: bundle.plan)
                let ran = try bundle.run("exec \(bundle.id) true", keeper: keeper)
                Fault.clear(bundle.plan)
                if kind == .kill && index == operations.count - 1 {
                    #expect(ran.status == 128 + SIGKILL)
                } else {
                    expect(ran, names: operations[index], fault)
                }
                for _ in 0..<300 where try bundle.processes() != only {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(try bundle.processes() == only, "\(fault)")
            }
            #expect(try bundle.run("exec \(bundle.id) true", keeper: keeper).status == 0)
            #expect(try bundle.run("delete --force \(bundle.id)", keeper: keeper).status == 0)
            #expect(try await bundle.left() == [])
        }
    }
}
