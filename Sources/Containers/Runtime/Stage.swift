// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

/// A launch without a keeper: the caller is the parent of what is made.
///
/// The stage is the keeper's program, run from a sealed copy: nothing that a container could write to, and
/// nothing of the caller, is ever executed for it.
struct Stage {
    /// The container's process, stopped before its first operation.
    let pid: Int32
    /// A stable handle to it.
    let pidfd: Descriptor
    private let control: Descriptor
    private let program: LaunchProgram
    private let progress: LaunchProgress
    private let id: String

    /// Answers a child that waits: what it sent, and the descriptors that it gets.
    typealias Answer = (_ sent: Descriptor?) throws -> [Descriptor]

    /// Runs the host side of a program.
    ///
    /// Throws the operation that failed, with its errno.
    init(_ program: LaunchProgram, id: String, keeper: String, progress: LaunchProgress) throws {
        let (socket, stage) = try Self.start(program, keeper: keeper, progress)
        var report = martlet_stage_report()
        // The end of the stage is the end of what can come: it holds the only other end.
        let (length, descriptors) = try withUnsafeMutableBytes(of: &report) {
            try socket.receive(into: $0, descriptors: 2)
        }
        while waitpid(stage, nil, 0) < 0 && errno == EINTR {}
        guard length == MemoryLayout<martlet_stage_report>.size else {
            throw program.failure(at: Int(progress.operationOfStage), ECHILD, of: id)
        }
        guard report.error == 0, descriptors.count == 2 else {
            throw program.failure(at: Int(report.op), report.error, of: id)
        }
        pid = report.pid
        control = descriptors[0]
        pidfd = descriptors[1]
        self.program = program
        self.progress = progress
        self.id = id
    }

    /// Lets the child go on until it is made, or runs its own program where nothing holds it back.
    ///
    /// Throws the operation that failed; the child has ended then.
    func release(_ answer: Answer) throws {
        // One that has failed by now does not take it; what it said is there to be read.
        martlet_send_descriptors(control.number, "R", 1, nil, 0)
        while true {
            var message = martlet_child_failure()
            let (length, sent) = try receive(&message)
            // Its end closes the socket too.
            if length == 0, progress.isMade { return }
            guard length == MemoryLayout<martlet_child_failure>.size else { throw lost() }
            guard message.error == 0 else {
                throw program.failure(at: Int(message.op), message.error, of: id)
            }
            let slots = program.slots(ofOperation: Int(message.op))
            let given = try answer(sent.first)
            guard given.count >= slots.count else { throw lost() }
            try give(Array(given.prefix(slots.count)), slots)
        }
    }

    private func receive(_ message: inout martlet_child_failure) throws -> (Int, [Descriptor]) {
        try withUnsafeMutableBytes(of: &message) { bytes in
            do {
                return try control.receive(into: bytes, descriptors: 1)
            } catch let error as LinuxError {
                // It ended without having read its release: what it said follows.
                guard error.errno == ECONNRESET else { throw error }
                return try control.receive(into: bytes, descriptors: 1)
            }
        }
    }

    private func give(_ descriptors: [Descriptor], _ slots: [UInt16]) throws {
        if !slots.isEmpty {
            let numbers = descriptors.map(\.number)
            let sent = slots.withUnsafeBytes {
                martlet_send_descriptors(control.number, $0.baseAddress, $0.count, numbers, numbers.count)
            }
            guard sent >= 0 else { throw lost() }
            withExtendedLifetime(descriptors) {}
        }
        guard martlet_send_descriptors(control.number, "R", 1, nil, 0) == 1 else { throw lost() }
    }

    /// Ends a child that is not wanted any more, and reaps it.
    func kill() {
        pidfd.kill()
        while waitpid(pid, nil, 0) < 0 && errno == EINTR {}
    }

    private func lost() -> ContainerError {
        program.failure(at: Int(progress.operation), ECHILD, of: id)
    }

    // MARK: The stage's program

    private static func start(_ program: LaunchProgram, keeper: String, _ progress: LaunchProgress) throws
        -> (
            socket: Descriptor, pid: Int32
        )
    {
        let (ours, theirs) = try Descriptor.socketPair(Int32(SOCK_SEQPACKET.rawValue))
        let copy = try sealedCopy(of: keeper)
        var stage = Spawn(
            ["martlet-keeper", "--stage=\(program.inputs.count)"],
            program: "/proc/self/fd/\(copy.number)",
            environment: []
        )
        for descriptor in [try program.sealed(), theirs, progress.file] + program.inputs {
            stage.descriptors[Int32(3 + stage.descriptors.count)] = descriptor
        }
        return (ours, try withExtendedLifetime(copy) { try stage.start() })
    }

    /// Where the copy lies: beyond all that the stage is given.
    private static let high: Int32 = 400

    private static func sealedCopy(of path: String) throws -> Descriptor {
        let source = try Descriptor.open(path, O_RDONLY)
        return Descriptor(
            owning: try check("memfd_create", path, martlet_sealed_program(source.number, high))
        )
    }
}
