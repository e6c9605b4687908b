// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S12: the kernel's attack surface.
    ///
    /// Without OP_SECCOMP every expectation here fails.
    @Suite struct SystemCallTests {
        // These are probed for by programs that can do without; EPERM would make them give up.
        private let absent: Set = [
            "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "pidfd_getfd", "tomorrow",
        ]

        // AF_PACKET and AF_XDP want CAP_NET_RAW of the kernel itself.
        private let needsRights: Set = [17, 44]

        @Test(arguments: [hostIDs, nil])
        func `dangerous calls are refused in every ABI`(hostIDs: UInt32?) async throws {
            try await withNode { node, keeper in
                try node.install("calls")
                let spec = try node.spec("calls", ["calls"], hostIDs: hostIDs)
                let (output, status) = try await node.run(keeper, spec)
                #expect(status == 0)
                var families: [Int: (String, String)] = [:]
                var counted = 0
                for line in output.split(separator: "\n") {
                    let words = line.split(separator: " ").map(String.init)
                    switch words[0] {
                    case "call":
                        counted += 1
                        #expect(words[2] == "\(absent.contains(words[1]) ? ENOSYS : EPERM)", "\(line)")
                    case "clone", "ioctl", "personality": #expect(words.last == "\(EPERM)", "\(line)")
                    case "i386": #expect(words.last == "\(ENOSYS)" || words.last == "signal", "\(line)")
                    case "x32": #expect(words.last == "\(ENOSYS)", "\(line)")
                    case "family": families[Int(words[1]) ?? -1] = (words[2], words[3])
                    default: Issue.record("\(line)")
                    }
                }
                #expect(counted > 50)
                // Past 45 there is no family; 38 is AF_ALG, 40 AF_VSOCK. A high half changes nothing.
                for family in 0..<64 {
                    let answers = try #require(families[family])
                    #expect(answers.0 == answers.1, "family \(family)")
                    #expect(
                        (answers.0 == "\(EPERM)")
                            == ([38, 40].contains(family) || family > 45 || needsRights.contains(family)),
                        "family \(family): \(answers)"
                    )
                }
            }
        }
    }
}
