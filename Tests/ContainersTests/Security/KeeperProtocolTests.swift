// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// What reaches the keeper's socket is not trusted to be well formed.
    ///
    /// It must stay up and serve.
    @Suite struct KeeperProtocolTests {
        private func connect(_ node: TestNode) throws -> Descriptor {
            let socket = try Descriptor.connect(
                "\(node.folder)/run/keeper.sock",
                kind: Int32(SOCK_SEQPACKET.rawValue)
            )
            var patience = timeval(tv_sec: 5, tv_usec: 0)
            setsockopt(
                socket.number,
                SOL_SOCKET,
                SO_RCVTIMEO,
                &patience,
                socklen_t(MemoryLayout<timeval>.size)
            )
            return socket
        }

        /// Sends bytes with descriptors; the answer's errno, or nil when the keeper hung up.
        private func ask(_ socket: Descriptor, _ bytes: [UInt8], _ descriptors: [Int32] = []) -> Int32? {
            guard
                martlet_send_descriptors(socket.number, bytes, bytes.count, descriptors, descriptors.count)
                    >= 0
            else { return nil }
            var reply = martlet_reply()
            repeat {
                let answer = withUnsafeMutableBytes(of: &reply) {
                    try? socket.receive(into: $0, descriptors: 16)
                }
                guard answer?.length == MemoryLayout<martlet_reply>.size else { return nil }
            } while reply.kind != UInt16(MARTLET_ANSWER.rawValue)
            return reply.error
        }

        private func request(_ kind: martlet_request_kind, _ name: String = "", raw: [UInt8]? = nil)
            -> [UInt8]
        {
            var request = martlet_request()
            request.serial = 1
            request.kind = UInt16(kind.rawValue)
            withUnsafeMutableBytes(of: &request.name) { $0.copyBytes(from: raw ?? Array(name.utf8)) }
            return withUnsafeBytes(of: request, Array.init)
        }

        private func memory(_ bytes: [UInt8], seals: Int32) throws -> Descriptor {
            let memory = Descriptor(
                owning: martlet_memfd_create("test", UInt32(MARTLET_MFD_CLOEXEC | MARTLET_MFD_ALLOW_SEALING))
            )
            try memory.write(bytes)
            try check("fcntl", "F_ADD_SEALS", martlet_add_seals(memory.number, seals))
            return memory
        }

        private func descriptors(of pid: Int32) throws -> Int {
            try Shell.run("ls /proc/\(pid)/fd | wc -l").trimmedWords.first.flatMap { Int($0) } ?? -1
        }

        // serve_client: the length is checked before the message is looked at; valid_name before the name is.
        @Test func `garbage is answered or hung up on`() async throws {
            try await withNode { node, keeper in
                let before = try descriptors(of: keeper.pid)
                var random = LaunchProgramTests.Generator(state: 1)
                let size = MemoryLayout<martlet_request>.size
                let null = try Descriptor.open("/dev/null", O_RDWR)
                for _ in 0..<(soak ? 200_000 : 3_000) {
                    let socket = try connect(node)
                    var length = size
                    if Bool.random(using: &random) { length = Int.random(in: 0...300, using: &random) }
                    var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                    if length >= 6 {
                        bytes[4] = UInt8.random(in: 0...20, using: &random)
                        bytes[5] = 0
                        // Neither the end of the keeper nor another program for it.
                        if [MARTLET_QUIT, MARTLET_REEXEC].map({ UInt8($0.rawValue) }).contains(bytes[4]) {
                            bytes[4] = 1
                        }
                    }
                    _ = ask(
                        socket,
                        bytes,
                        [Int32](repeating: null.number, count: Int.random(in: 0...4, using: &random))
                    )
                }
                for length in [0, 1, size - 1, size + 1, 65_536] {
                    let short = [UInt8](repeating: 1, count: length)
                    #expect(ask(try connect(node), short) == nil)
                }
                // The names of real requests: no end, nothing, or bytes that mean something to others.
                for raw in [
                    [UInt8](repeating: 97, count: 96), [], Array("a b".utf8), Array("a:b".utf8),
                    Array("a\nFDNAME=x".utf8), [0xff],
                ] {
                    for kind in [
                        MARTLET_PREPARE, MARTLET_RELEASE, MARTLET_ABORT, MARTLET_ACK, MARTLET_TAKE,
                        MARTLET_UNPARK, MARTLET_PARK,
                    ] {
                        #expect(ask(try connect(node), request(kind, raw: raw), [null.number]) == EINVAL)
                    }
                }
                #expect(try await keeper.list() == [])
                for name in try await keeper.parked() { try await keeper.unpark(name) }
                try await Task.sleep(for: .milliseconds(100))
                #expect(try descriptors(of: keeper.pid) <= before)
                #expect(node.supervisor.starts == 1)
                #expect(
                    try await node.run(keeper, try node.spec("after", ["echo", "fine"])).output == "fine\n"
                )
            }
        }

        // map_program: seals first, then size, then martlet_launch_validate; the stage counts the inputs.
        @Test func `a program that is not sealed, not valid or not complete is refused`() async throws {
            try await withNode { node, keeper in
                let null = try Descriptor.open("/dev/null", O_RDWR)
                var process = ProcessSpec(["true"], seccomp: nil)
                process.environment = ["PATH=/bin"]
                let streams = StandardStreams(input: null, output: null, error: null)
                let program = try LaunchProgram(
                    process,
                    in: null,
                    ownUsers: false,
                    cgroup: nil,
                    streams: streams
                ).encoded()
                let prepare = request(MARTLET_PREPARE, "bad")
                let socket = try connect(node)
                #expect(ask(socket, prepare) == EBADMSG)
                #expect(ask(socket, prepare, [null.number]) == EPERM)
                for seals in [0, 2, 8, 6, 5] as [Int32] {  // SEAL 1, SHRINK 2, GROW 4, WRITE 8
                    let loose = try memory(program, seals: seals)
                    #expect(ask(socket, prepare, [loose.number]) == EPERM, "\(seals)")
                }
                for bytes in [[], Array(program.dropLast()), [UInt8](repeating: 0, count: (4 << 20) + 1)] {
                    let wrong = try memory(bytes, seals: 15)
                    #expect(ask(socket, prepare, [wrong.number]) == EINVAL, "\(bytes.count) bytes")
                }
                let sealed = try memory(program, seals: 15)
                for count in [0, 1, 3, 5, 50] {  // it takes four
                    let inputs = [sealed.number] + [Int32](repeating: null.number, count: count)
                    #expect(ask(socket, prepare, inputs) == EBADMSG, "\(count)")
                }
                #expect(ask(socket, request(MARTLET_PARK, "none")) == EBADMSG)
                #expect(ask(socket, request(MARTLET_PARK, "two"), [null.number, null.number]) == EBADMSG)
                #expect(ask(socket, request(MARTLET_RELEASE, "nobody")) == ESRCH)
                #expect(ask(socket, request(MARTLET_REEXEC), [null.number]) != 0)
                #expect(node.supervisor.starts == 1)
                #expect(try await keeper.list() == [])
            }
        }

        // MAX_CLIENTS: what comes after the 32nd is closed, and those who are connected are still served.
        @Test func `idle connections do not stop the keeper`() async throws {
            try await withNode { node, keeper in
                do {
                    let idle = try (0..<100).map { _ in try connect(node) }
                    try await Task.sleep(for: .milliseconds(100))
                    let served = idle.filter { ask($0, request(MARTLET_HELLO)) == 0 }.count
                    #expect(served == 31)
                    #expect(
                        try await node.run(keeper, try node.spec("busy", ["echo", "fine"])).output == "fine\n"
                    )
                }
                try await Task.sleep(for: .milliseconds(50))
                #expect(ask(try connect(node), request(MARTLET_HELLO)) == 0)
            }
        }

        // accept_client asks SO_PEERCRED; the socket's mode keeps others out before that.
        @Test func `another user is not served`() async throws {
            try await withNode { node, _ in
                try Shell.run(
                    "chmod 755 \(node.folder) \(node.folder)/run && chmod 777 \(node.folder)/run/keeper.sock"
                )
                let script =
                    "socket(S, 1, 5, 0) && setsockopt(S, 1, 20, pack(q(qq), 3, 0)) && connect(S, sockaddr_un(shift)) or die; print sysread(S, $x, 9) // q(served)"
                let connected = try Shell.run(
                    "setpriv --reuid 65534 --regid 65534 --clear-groups perl -MSocket -e '\(script)' \(node.folder)/run/keeper.sock"
                )
                #expect(connected == "0")
            }
        }
    }
}
