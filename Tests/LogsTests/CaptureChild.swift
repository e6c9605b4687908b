// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A capture in a process of its own, to be killed: this test program again, asked by a variable to do nothing else.
struct CaptureChild: ~Copyable {
    static let variable = "MARTLET_TEST_CAPTURE_SPOOL"
    /// Where the child finds the descriptors of `LogPipes.suffixes`, and then the pipe to say that it is ready on.
    static let firstDescriptor: Int32 = 700

    /// The spool's folder, in the child.
    static let folder: String? = getenv(variable).map { String(cString: $0) }

    let pid: pid_t

    init(capturing descriptors: [Descriptor], into folder: String, ready: Descriptor) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, descriptor) in (descriptors + [ready]).enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor.number, Self.firstDescriptor + Int32(index))
        }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let program = "/proc/self/exe"
        let arguments = [program, "--testing-library", "swift-testing", "--filter", "CaptureKillTests"]
        var variables = ["\(Self.variable)=\(folder)"]
        var entry = environ
        while let variable = entry.pointee {
            variables.append(String(cString: variable))
            entry += 1
        }
        var pid = pid_t()
        let code = Self.withStrings(arguments) { arguments in
            Self.withStrings(variables) { posix_spawn(&pid, program, &actions, nil, arguments, $0) }
        }
        guard code == 0 else { throw LinuxError("posix_spawn", program, errno: code) }
        self.pid = pid
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    private static func withStrings<Result>(
        _ strings: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<CChar>?.self,
            capacity: copies.count + 1
        ) {
            for (index, copy) in copies.enumerated() { $0.initializeElement(at: index, to: copy) }
            $0.initializeElement(at: copies.count, to: nil)
            return body($0.baseAddress.unsafelyUnwrapped)
        }
    }
}
