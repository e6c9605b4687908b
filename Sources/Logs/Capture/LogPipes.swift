// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

/// The pipes of one container's output, as they are parked with the keeper.
public struct LogPipes: Sendable {
    /// Standard output.
    public let stdout: StreamDescriptors
    /// Standard error.
    public let stderr: StreamDescriptors

    /// The ends that the container gets.
    ///
    /// Close them here once it has them: then end of file means that it is gone.
    public struct WriteEnds: Sendable {
        /// Standard output.
        public let stdout: Descriptor
        /// Standard error.
        public let stderr: Descriptor
    }

    /// What a container's pipe holds while the agent is away.
    public static let sourceBytes = 1 << 20
    /// What one batch holds at most.
    public static let stageBytes = 256 << 10
    /// The names under which descriptors are parked, after the instance's own prefix.
    public static let suffixes = ["out", "out.0", "out.1", "err", "err.0", "err.1"]

    /// The names of memory that may be parked beside them: what waits for the ends of lines, and what no line may show.
    public static let memories = ["hold", "secrets"]

    /// Makes the pipes of a new container.
    ///
    /// With `owner` the container's user may also open `/dev/stdout`.
    public static func make(
        owner: (user: UInt32, group: UInt32)? = nil
    ) throws(LogError) -> (pipes: LogPipes, ends: WriteEnds) {
        try attempt(.makePipes, "") { () throws(LinuxError) in
            let out = try stream(owner), err = try stream(owner)
            return (
                LogPipes(stdout: out.descriptors, stderr: err.descriptors),
                WriteEnds(stdout: out.end, stderr: err.end)
            )
        }
    }

    /// Takes both streams' descriptors.
    public init(stdout: StreamDescriptors, stderr: StreamDescriptors) {
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Takes back what was parked, by suffix.
    public init(adopting parked: [String: Descriptor]) throws(LogError) {
        func take(_ suffix: String) throws(LogError) -> Descriptor {
            guard let descriptor = parked[suffix] else {
                throw LogError(.adoptPipes, suffix, reason: "is not parked")
            }
            return descriptor
        }
        self.init(
            stdout: StreamDescriptors(
                source: try take("out"),
                stage0: try take("out.0"),
                stage1: try take("out.1")
            ),
            stderr: StreamDescriptors(
                source: try take("err"),
                stage0: try take("err.0"),
                stage1: try take("err.1")
            )
        )
    }

    /// What to park, by suffix.
    public var parked: [(suffix: String, descriptor: Descriptor)] {
        let all = [stdout.source, stdout.stage0, stdout.stage1, stderr.source, stderr.stage0, stderr.stage1]
        return zip(Self.suffixes, all).map { ($0, $1) }
    }

    /// Staging pipes for a source of the caller's own, such as a terminal.
    public static func staging(for source: Descriptor) throws(LogError) -> StreamDescriptors {
        try attempt(.makePipes, "") { () throws(LinuxError) in
            try check("fcntl", "O_NONBLOCK", martlet_set_nonblocking(source.number, 1))
            return StreamDescriptors(source: source, stage0: try stage(), stage1: try stage())
        }
    }

    private static func stream(
        _ owner: (user: UInt32, group: UInt32)?
    ) throws(LinuxError) -> (descriptors: StreamDescriptors, end: Descriptor) {
        let pipe = try Descriptor.pipe()
        // The two ends are two open files: the container's end stays blocking.
        try check("fcntl", "O_NONBLOCK", martlet_set_nonblocking(pipe.read.number, 1))
        try enlarge(pipe.read, sourceBytes)
        if let owner { try check("fchown", "log pipe", fchown(pipe.write.number, owner.user, owner.group)) }
        return (StreamDescriptors(source: pipe.read, stage0: try stage(), stage1: try stage()), pipe.write)
    }

    /// A pipe behind one descriptor, so that one is enough to keep it: see fifo(7) on O_RDWR.
    private static func stage() throws(LinuxError) -> Descriptor {
        let pipe = try Descriptor.pipe()
        let both = try Descriptor.open("/proc/self/fd/\(pipe.read.number)", O_RDWR | O_NONBLOCK)
        try enlarge(both, stageBytes)
        return both
    }

    /// Without CAP_SYS_RESOURCE the kernel may refuse large pipes.
    ///
    /// Small ones are slower, and no less exact.
    private static func enlarge(_ pipe: Descriptor, _ bytes: Int) throws(LinuxError) {
        guard martlet_set_pipe_size(pipe.number, Int32(bytes)) < 0, errno != EPERM else { return }
        throw LinuxError("fcntl", "F_SETPIPE_SZ", errno: errno)
    }
}
