// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Containers

/// A filter that was made shorter decides as the one that it was made of.
@Suite struct FilterTests {
    private static let native: UInt32 = 0xc000_003e
    private static let i386: UInt32 = 0x4000_0003

    /// What seccomp(2) hands to a filter.
    private struct Call {
        var number: UInt32
        var architecture: UInt32
        var arguments: [UInt64] = .init(repeating: 0, count: 6)

        func word(_ offset: UInt32) -> UInt32? {
            switch offset {
            case 0: return number
            case 4: return architecture
            case 8, 12: return 0x1234
            case 16..<64 where offset % 4 == 0:
                return UInt32(
                    truncatingIfNeeded: arguments[Int(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32)
                )
            default: return nil
            }
        }
    }

    /// Runs a filter as the kernel does; nil where it would not have been taken.
    private func decide(_ program: [FilterInstruction], _ call: Call) -> UInt32? {
        var at = 0, held: UInt32 = 0
        while program.indices.contains(at) {
            let own = program[at]
            at += 1
            switch own.code {
            case FilterInstruction.answer: return own.k
            case FilterInstruction.jump: at += Int(own.k)
            case FilterInstruction.mask: held &= own.k
            case FilterInstruction.load:
                guard let word = call.word(own.k) else { return nil }
                held = word
            default:
                guard let test = FilterInstruction.Test(rawValue: own.code) else { return nil }
                at += Int(test.holds(held, own.k) ? own.yes : own.no)
            }
        }
        return nil
    }

    /// Every call near a number that is named, on every architecture that is, with arguments near what is compared.
    private func expectSame(_ given: [UInt8], _ made: [UInt8], _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let before = FilterInstruction.decode(given), after = FilterInstruction.decode(made)
        let named = Set(before.map(\.k)).flatMap { [$0 &- 1, $0, $0 &+ 1] }
        for number in Set(named + Array(0..<600) + [.max, 0x4000_0000, 0x4000_0001]) {
            for architecture in [Self.native, Self.i386, 0, 0xc000_00b7] + [
                named.randomElement(using: &random) ?? 0
            ] {
                var call = Call(number: number, architecture: architecture)
                for _ in 0..<4 {
                    let expected = try #require(decide(before, call))
                    let answer = decide(after, call)
                    guard answer == expected else {
                        Issue.record("\(call): \(String(describing: answer)), not \(expected)")
                        return
                    }
                    for index in 0..<6 {
                        let low = UInt64(named.randomElement(using: &random) ?? 0)
                        call.arguments[index] =
                            [low, low | 1 << 40, UInt64.random(in: 0...UInt64.max, using: &random)]
                            .randomElement(using: &random) ?? 0
                    }
                }
            }
        }
    }

    @Test func `the default profile decides the same in less than half the steps`() throws {
        let given = try SeccompFilter.compile()
        let made = try SeccompFilter.standard().program
        try expectSame(given, made, 1)
        #expect(made.count * 2 < given.count, "\(given.count / 8) instructions became \(made.count / 8)")
    }

    @Test func `a filter with all comparisons, actions and architectures decides the same`() throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let profile = try RuntimeConfig.Seccomp(
                JSONCursor(parsing: Array(Self.profile(&random).utf8), document: "profile")
            )
            let given = try SeccompFilter.compile(profile)
            try expectSame(given, SeccompFilter(profile).program, seed)
        }
    }

    @Test func `a jump too long for a test goes by one of its own`() throws {
        var random = SeededGenerator(seed: 7)
        // Each call has its own answer and its own neighbour: nothing can be shared.
        let calls = ["read", "write", "openat", "close", "mmap", "brk", "ioctl", "futex", "bind", "listen"]
        let rules = (0..<300).map { index in
            """
            {"names": ["\(calls[index % calls.count])"], "action": "SCMP_ACT_ERRNO", "errnoRet": \(index + 1),
             "args": [{"index": \(index % 6), "value": \(UInt32.random(in: 1...UInt32.max, using: &random)), "op": "SCMP_CMP_EQ"}]}
            """
        }
        let text = #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [\#(rules.joined(separator: ","))]}"#
        let profile = try RuntimeConfig.Seccomp(JSONCursor(parsing: Array(text.utf8), document: "profile"))
        let given = try SeccompFilter.compile(profile)
        let made = try SeccompFilter(profile).program
        #expect(given.count > 8 * 600)
        try expectSame(given, made, 7)
    }

    @Test(
        arguments: [
            [(0x28, 0, 0, 0), (0x06, 0, 0, 1)],  // half a word
            [(0x20, 0, 0, 0), (0x54, 0, 0, 1), (0x15, 0, 0, 1), (0x06, 0, 0, 1)],  // a part of the number
            [(0x20, 0, 0, 0), (0x15, 7, 9, 1), (0x06, 0, 0, 1)],  // a jump to nowhere
        ] as [[(Int, Int, Int, Int)]]
    )
    func `what is not understood stays as it is`(words: [(Int, Int, Int, Int)]) {
        let program = words.flatMap {
            FilterInstruction(code: UInt16($0.0), yes: UInt8($0.1), no: UInt8($0.2), k: UInt32($0.3)).bytes
        }
        #expect(FilterCompaction.compacted(program) == program)
    }

    private static func profile(_ random: inout SeededGenerator) -> String {
        let actions = ["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "TRAP", "TRACE", "LOG"]
        // Each in one rule: two may contradict each other.
        var calls = [
            "read", "write", "clone", "ioctl", "socket", "personality", "openat", "bpf", "mount", "futex",
            "prctl",
        ].shuffled(using: &random)
        let comparisons = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
        let rules = (0..<Int.random(in: 1...5, using: &random)).map { _ in
            let names = calls.prefix(Int.random(in: 1...2, using: &random))
            calls.removeFirst(names.count)
            let arguments = (0..<Int.random(in: 0...2, using: &random)).map { index in
                """
                {"index": \(index), "value": \(UInt64.random(in: 0...0x1_0000_ffff, using: &random)), \
                "valueTwo": \(UInt64.random(in: 0...0xffff, using: &random)), \
                "op": "SCMP_CMP_\(comparisons.randomElement(using: &random) ?? "EQ")"}
                """
            }
            return """
                {"names": [\(names.map { "\"\($0)\"" }.joined(separator: ","))], \
                "action": "SCMP_ACT_\(actions.randomElement(using: &random) ?? "ALLOW")", \
                "args": [\(arguments.joined(separator: ","))]}
                """
        }
        let architectures = [
            #""SCMP_ARCH_X86_64""#, #""SCMP_ARCH_X86""#, #""SCMP_ARCH_X32""#, #""SCMP_ARCH_AARCH64""#,
        ]
        .shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        return """
            {"defaultAction": "SCMP_ACT_\(actions.randomElement(using: &random) ?? "ERRNO")", \
            "architectures": [\(architectures.joined(separator: ","))], "syscalls": [\(rules.joined(separator: ","))]}
            """
    }
}
