// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux

/// Asks a release what it is, which also shows that it can be executed here at all.
///
/// Blocks until it has answered.
struct ReleaseProbe {
    private static let patience = Duration.seconds(20)
    private static let answerLimit = 64 << 10

    /// The folder of its programs.
    let folder: String

    /// What it says of itself.
    func formats() throws(AgentError) -> ReleaseFormats {
        let program = "\(folder)/martlet-agent"
        let end = ContinuousClock.now + Self.patience
        do throws(LinuxError) {
            let (pid, output) = try start(program)
            let said = Self.read(output, until: end)
            let isOver =
                (try? Descriptor.process(pid))?.wait(for: Int32(POLLIN), Self.left(until: end)) ?? false
            kill(-pid, SIGKILL)
            var word: Int32 = 0
            while waitpid(pid, &word, 0) < 0, errno == EINTR {}
            guard isOver, word == 0,
                let formats = try? JSONDecoder().decode(ReleaseFormats.self, from: Data(said))
            else {
                let text =
                    String(decoding: said.prefix(300), as: UTF8.self).split(separator: "\n").first ?? ""
                throw LinuxError("say what it is", String(text), errno: isOver ? EBADMSG : ETIMEDOUT)
            }
            return formats
        } catch {
            let remedy =
                error.errno == EACCES
                ? ": the state folder may not be mounted with noexec" : ""
            throw AgentError("try release", program, "\(error)\(remedy)")
        }
    }

    /// Starts it; its output ends with it, for nobody here holds the other end any more.
    private func start(_ program: String) throws(LinuxError) -> (pid: pid_t, output: Descriptor) {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let output = try Descriptor.pipe()
        var child = Spawn(
            [program, "release"],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            descriptors: [0: null, 1: output.write, 2: output.write]
        )
        child.leadsGroup = true
        return (try child.start(), output.read)
    }

    private static func read(_ output: Descriptor, until end: ContinuousClock.Instant) -> [UInt8] {
        var said: [UInt8] = []
        while said.count < answerLimit, ContinuousClock.now < end,
            output.wait(for: Int32(POLLIN), left(until: end)), let part = try? output.read(4096),
            !part.isEmpty
        {
            said += part
        }
        return said
    }

    private static func left(until end: ContinuousClock.Instant) -> Duration {
        max(.zero, ContinuousClock.now.duration(to: end))
    }
}
