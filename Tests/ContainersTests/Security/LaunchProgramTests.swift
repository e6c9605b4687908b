// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S30: a launch program is data from a less trusted process until it has been validated.
    @Suite struct LaunchProgramTests {
        /// SplitMix64: the same mutations for the same seed.
        struct Generator: RandomNumberGenerator {
            var state: UInt64
            mutating func next() -> UInt64 {
                state &+= 0x9e37_79b9_7f4a_7c15
                var z = state
                z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
                z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
                return z ^ (z >> 31)
            }
        }

        /// Memory whose end is the end of what may be read: one byte further is a crash.
        private struct Fence {
            private let base: UnsafeMutableRawPointer
            private let size: Int
            init(_ capacity: Int) throws {
                size = (capacity + 4095) & ~4095
                guard
                    let pointer = mmap(
                        nil,
                        size + 4096,
                        PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS,
                        -1,
                        0
                    ),
                    pointer != MAP_FAILED
                else { throw LinuxError("mmap", "fence", errno: errno) }
                base = pointer
                try check("mprotect", "fence", mprotect(base + size, 4096, PROT_NONE))
            }
            /// The last bytes before the fence, as far as 8-byte alignment lets them go.
            func end(_ count: Int) -> UnsafeMutableRawPointer { base + (size - ((count + 7) & ~7)) }
            func free() { munmap(base, size + 4096) }
        }

        private func programs() throws -> [[UInt8]] {
            let null = try Descriptor.open("/dev/null", O_RDWR)
            let streams = StandardStreams(input: null, output: null, error: null)
            var process = ProcessSpec(["sh", "-c", "true"], seccomp: nil)
            process.environment = ["PATH=/bin"]
            process.groups = [1, 2, 3]
            var spec = ContainerSpec(
                id: "seed",
                process: process,
                root: .init(layers: ["/a", "/b"], scratch: "/c"),
                users: .range(from: 0x7000_0000),
                hostname: "seed"
            )
            spec.mounts = [
                .init(.bind(null, file: true), at: "/x"),
                .init(.tmpfs([(key: "size", value: "1m")]), at: "/y"),
            ]
            spec.files = [
                .init("/etc/hosts", "localhost"),
                .init(readOnly: .plain([1]), at: "/run/secrets/x", uid: 1, gid: 2, mode: 0o500),
            ]
            spec.initProcess = true
            return try [
                LaunchProgram(spec, streams: streams, features: [.overlayByDescriptor, .detachedClone])
                    .encoded(),
                LaunchProgram(spec, streams: streams, features: []).encoded(),
                LaunchProgram(process, in: null, ownUsers: true, cgroup: nil, streams: streams).encoded(),
            ]
        }

        private static let interesting: [UInt64] = [
            0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 1023, 1024, 1025, 0x7fff, 0x8000, 0xfffe, 0xffff,
            0x1_0000, 0x7fff_ffff,
            0x8000_0000, 0xffff_fff8, 0xffff_ffff, 0x1_0000_0000, UInt64.max,
        ]

        private func mutate(_ program: UnsafeMutableRawPointer, _ size: Int, _ random: inout Generator) {
            let header = MemoryLayout<martlet_launch_header>.size,
                width = MemoryLayout<martlet_launch_op>.size
            let operations = Int(program.load(fromByteOffset: 12, as: UInt32.self))
            let table = min(max(operations, 1), (size - header) / width)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = header + Int.random(in: 0..<table, using: &random) * width
                switch Int.random(in: 0..<6, using: &random) {
                case 0:  // any byte
                    let byte = Int.random(in: 0..<size, using: &random)
                    program.storeBytes(
                        of: UInt8.random(in: 0...255, using: &random),
                        toByteOffset: byte,
                        as: UInt8.self
                    )
                case 1:  // a bit of the header
                    let byte = Int.random(in: 0..<header, using: &random)
                    let old = program.load(fromByteOffset: byte, as: UInt8.self)
                    program.storeBytes(
                        of: old ^ 1 << UInt8.random(in: 0..<8, using: &random),
                        toByteOffset: byte,
                        as: UInt8.self
                    )
                case 2:  // code, side
                    program.storeBytes(
                        of: UInt8.random(in: 0...60, using: &random),
                        toByteOffset: at + Int.random(in: 0..<4, using: &random),
                        as: UInt8.self
                    )
                case 3:  // a slot
                    program.storeBytes(
                        of: UInt16(truncatingIfNeeded: Self.interesting.randomElement(using: &random) ?? 0),
                        toByteOffset: at + 4 + 2 * Int.random(in: 0..<3, using: &random),
                        as: UInt16.self
                    )
                case 4:  // an offset, a length or half a number
                    program.storeBytes(
                        of: UInt32(
                            truncatingIfNeeded: (Self.interesting.randomElement(using: &random) ?? 0)
                                &+ (Bool.random(using: &random) ? 0 : UInt64(size))
                        ),
                        toByteOffset: at + 12 + 4 * Int.random(in: 0..<9, using: &random),
                        as: UInt32.self
                    )
                default:  // an operation in another's place
                    let other = header + Int.random(in: 0..<table, using: &random) * width
                    (program + at).copyMemory(from: program + other, byteCount: width)
                }
            }
        }

        private static let readsA: Set = codes(
            MARTLET_OP_TREE,
            MARTLET_OP_SETATTR,
            MARTLET_OP_FSSTRING,
            MARTLET_OP_FSFLAG,
            MARTLET_OP_FSFD,
            MARTLET_OP_FSMOUNT,
            MARTLET_OP_OPEN,
            MARTLET_OP_TARGET,
            MARTLET_OP_MKDIR,
            MARTLET_OP_MKNOD,
            MARTLET_OP_SYMLINK,
            MARTLET_OP_FILE,
            MARTLET_OP_OWNER,
            MARTLET_OP_WRITE,
            MARTLET_OP_MOVE,
            MARTLET_OP_FCHDIR,
            MARTLET_OP_ENTER,
            MARTLET_OP_CGROUP,
            MARTLET_OP_JOIN,
            MARTLET_OP_PIVOT,
            MARTLET_OP_TERMINAL,
            MARTLET_OP_STDIO,
            MARTLET_OP_MASK,
            MARTLET_OP_READONLY,
            MARTLET_OP_COPYUP,
            MARTLET_OP_CONSOLE,
            MARTLET_OP_LABEL,
            MARTLET_OP_HOOK,
            MARTLET_OP_WAIT
        )
        private static let readsB: Set = codes(
            MARTLET_OP_FSFD,
            MARTLET_OP_MOVE,
            MARTLET_OP_STDIO,
            MARTLET_OP_MASK,
            MARTLET_OP_COPYUP,
            MARTLET_OP_WAIT
        )
        private static let fillsB: Set = codes(
            MARTLET_OP_ROOT,
            MARTLET_OP_TREE,
            MARTLET_OP_FSOPEN,
            MARTLET_OP_FSMOUNT,
            MARTLET_OP_OPEN,
            MARTLET_OP_TARGET,
            MARTLET_OP_NAMESPACE,
            MARTLET_OP_CONSOLE
        )

        private static func codes(_ list: martlet_opcode...) -> Set<UInt16> {
            Set(list.map { UInt16($0.rawValue) })
        }

        /// What the interpreter relies on, checked again in another way.
        private func holds(_ program: UnsafeMutableRawPointer, _ size: Int) -> Bool {
            let header = program.load(as: martlet_launch_header.self)
            let slots = Int16(0)..<Int16(MARTLET_SLOTS), start = MemoryLayout<martlet_launch_header>.size
            guard Int(header.size) == size, header.inputs <= UInt16(MARTLET_MAX_INPUTS), header.op_count > 0,
                start + Int(header.op_count) * MemoryLayout<martlet_launch_op>.size <= size
            else { return false }
            var side = UInt16(0), clones = 0
            for index in 0..<Int(header.op_count) {
                let op = program.load(
                    fromByteOffset: start + index * MemoryLayout<martlet_launch_op>.size,
                    as: martlet_launch_op.self
                )
                guard op.code > 0, op.code < UInt16(MARTLET_OP_LIMIT.rawValue), op.side >= side, op.side <= 1
                else { return false }
                side = op.side
                if op.code == UInt16(MARTLET_OP_CLONE.rawValue) { clones += 1 }
                if Self.readsA.contains(op.code), !slots.contains(op.a) { return false }
                if Self.readsB.contains(op.code) || Self.fillsB.contains(op.code), !slots.contains(op.b) {
                    return false
                }
                if op.code == UInt16(MARTLET_OP_STDIO.rawValue), !slots.contains(op.c) { return false }
                if op.text_length > 0, Int(op.text) + Int(op.text_length) > size { return false }
                if op.more_length > 0, Int(op.more) + Int(op.more_length) > size { return false }
                let isLast = index == Int(header.op_count) - 1
                if (op.code == UInt16(MARTLET_OP_EXEC.rawValue)) != isLast { return false }
            }
            return clones == 1 && side == 1
        }

        // martlet_launch_validate is the defence; each of its checks is one that a mutation meets.
        @Test func `no mutated program crashes the validator or passes with a bad slot`() throws {
            let seeds = try programs()
            let fence = try Fence(1 << 16)
            defer { fence.free() }
            var passed = 0
            for seed in 0..<UInt64(soak ? 5_000_000 : 100_000) {
                var random = Generator(state: seed)
                let original = seeds[Int(seed % UInt64(seeds.count))]
                var size = original.count
                if seed % 10 == 9 { size = Int.random(in: 0...size, using: &random) }
                let program = fence.end(size)
                original.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(start: program, count: size).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: $0[..<size])
                    )
                }
                if size > MemoryLayout<martlet_launch_header>.size + MemoryLayout<martlet_launch_op>.size {
                    if seed % 20 == 19 {
                        program.storeBytes(of: UInt32(size), toByteOffset: 8, as: UInt32.self)
                    }
                    mutate(program, size, &random)
                }
                guard martlet_launch_validate(program, size) == -1 else { continue }
                passed += 1
                guard holds(program, size) else {
                    Issue.record("the program of seed \(seed) passed")
                    return
                }
            }
            #expect(passed > 100)  // otherwise nothing behind the first check was met
        }
    }
}
