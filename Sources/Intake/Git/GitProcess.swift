// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Transfer

/// Runs git once, as nobody where we are root, within bounds: setpriv(1), prlimit(1).
struct GitProcess {
    private static let programs = ["/usr/bin/git", "/usr/bin/setpriv", "/usr/bin/prlimit"]

    let folder: GitFolder
    /// `https`, `ssh` or `file`: no other protocol is spoken.
    let scheme: String
    /// The file that holds all of git's configuration.
    let configuration: String
    /// How ssh is called; nil for other schemes.
    let ssh: String?
    /// When all runs must be over.
    let end = ContinuousClock.now + GitLimits.reading

    /// What git prints.
    ///
    /// Blocks. Throws when it fails, takes too long or prints more than `limit` bytes.
    func run(_ arguments: [String], limit: Int, in scope: TransferScope) throws(IntakeError) -> [UInt8] {
        for program in Self.programs where access(program, X_OK) < 0 {
            throw IntakeError(.unreachable, program, "is not here: install the packages git and util-linux")
        }
        let reading: GitReading
        do throws(LinuxError) {
            let output = try Descriptor.pipe()
            let complaint = try Descriptor.pipe()
            let null = try Descriptor.open("/dev/null", O_RDONLY)
            var child = Spawn(
                command(arguments),
                environment: environment,
                descriptors: [0: null, 1: output.write, 2: complaint.write]
            )
            child.leadsGroup = true
            reading = GitReading(
                pid: try child.start(),
                output: output.read,
                complaint: complaint.read,
                limit: limit,
                end: end
            )
        } catch {
            throw IntakeError(.unreachable, "git", "\(error)")
        }
        // Our ends of what it writes to are closed: theirs are the last.
        return try reading.finish(in: scope)
    }

    private func command(_ arguments: [String]) -> [String] {
        let rights =
            geteuid() != 0
            ? []
            : [
                "/usr/bin/setpriv", "--reuid=\(GitFolder.user)", "--regid=\(GitFolder.user)",
                "--clear-groups",
                "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--",
            ]
        let limits = [
            "/usr/bin/prlimit", "--as=\(GitLimits.memory)", "--cpu=\(GitLimits.processor)",
            "--fsize=\(GitLimits.file)", "--core=0", "--",
        ]
        let options = [
            "protocol.allow=never", "protocol.\(scheme).allow=always", "core.hooksPath=/dev/null",
            "core.fsmonitor=false", "core.symlinks=false", "submodule.recurse=false",
            "fetch.fsckObjects=true", "transfer.fsckObjects=true", "gc.auto=0", "maintenance.auto=false",
            "http.followRedirects=false", "credential.helper=", "protocol.version=2",
            "fetch.unpackLimit=1", "pack.threads=1", "core.packedGitLimit=64m", "core.bigFileThreshold=16m",
        ].flatMap { ["-c", $0] }
        return rights + limits + ["/usr/bin/git", "-C", folder.path] + options + arguments
    }

    private var environment: [String] {
        [
            "PATH=/usr/bin:/bin", "HOME=\(folder.path)", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
            "GIT_CONFIG_GLOBAL=\(configuration)", "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
            "GIT_ALLOW_PROTOCOL=\(scheme)",
            "GIT_PROTOCOL_FROM_USER=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0",
            "GIT_CEILING_DIRECTORIES=\(folder.path)", "GIT_DIR=\(folder.path)/repository",
        ] + (ssh.map { ["GIT_SSH_COMMAND=\($0)", "GIT_SSH_VARIANT=ssh"] } ?? [])
    }
}
