// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

@testable internal import Logs

/// A capture in a process of its own, to be killed: this test program again, asked by a variable to do nothing else.
struct CaptureChild: ~Copyable {
    static let variable = "MARTLET_TEST_CAPTURE_SPOOL"
    private static let rulesVariable = "MARTLET_TEST_CAPTURE_RULES"
    /// Where the child finds the descriptors of `LogPipes.suffixes`, and then the pipe to say that it is ready on.
    static let firstDescriptor: Int32 = 700

    /// The spool's folder, in the child.
    static let folder: String? = getenv(variable).map { String(cString: $0) }

    /// The rules of the child, if it has any: a secret that is everywhere, and a limit that is reached.
    static func rules(_ hasRules: Bool) throws -> LineRules? {
        guard hasRules else { return nil }
        let secret = Array("kkkkkkkkkk".utf8).withUnsafeBytes { LineRules.Secret("k", SecretContent($0)) }
        return try LineRules(secrets: [secret], rate: .init(lines: 20_000, burst: .milliseconds(100)))
    }

    static var hasRules: Bool { getenv(rulesVariable) != nil }

    let pid: pid_t

    init(capturing descriptors: [Descriptor], into folder: String, ready: Descriptor, hasRules: Bool) throws {
        let null = try Descriptor.open("/dev/null", O_WRONLY)
        var child = Spawn([
            "/proc/self/exe", "--testing-library", "swift-testing", "--filter", "CaptureKillTests",
        ])
        child.environment = ["\(Self.variable)=\(folder)"] + (hasRules ? ["\(Self.rulesVariable)=1"] : [])
        var entry = environ
        while let variable = entry.pointee {
            child.environment?.append(String(cString: variable))
            entry += 1
        }
        child.descriptors = [1: null, 2: null]
        for (index, descriptor) in (descriptors + [ready]).enumerated() {
            child.descriptors[Self.firstDescriptor + Int32(index)] = descriptor
        }
        pid = try child.start()
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
