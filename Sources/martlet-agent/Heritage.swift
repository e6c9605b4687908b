// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Glibc
internal import Linux
internal import Releases
internal import Systemd

/// What the program that this process goes on as finds as we found it: variables, sockets and limits.
struct Heritage {
    private let variables: [(name: String, value: String)]
    private let limit: OpenFiles.Limit
    private let lineage: Lineage?
    private var secrets: [String: SecretContent] = [:]
    private var sockets: [Descriptor] = []

    /// To be made before anything of it is taken.
    ///
    /// Throws if the kernel does not tell our limits.
    init(_ lineage: Lineage?) throws(LinuxError) {
        self.lineage = lineage
        variables = ServiceVariable.present
        limit = try OpenFiles.current()
    }

    /// Keeps sockets that were passed on.
    mutating func keep(_ passed: PassedSockets) throws(LinuxError) {
        for (_, socket) in passed.all { sockets.append(try socket.duplicate()) }
    }

    /// Keeps variables that were taken as secrets.
    mutating func keep(_ secrets: [String: SecretContent]) { self.secrets = secrets }

    /// Goes on as what the installed program finds in force; the same process, for whoever manages it.
    ///
    /// Throws if it cannot be executed.
    func goOn() throws(LinuxError) -> Never {
        guard let lineage else { throw LinuxError("exec", "martlet", errno: ENOENT) }
        for (name, value) in variables { setenv(name, value, 1) }
        for (name, secret) in secrets {
            let value = secret.withBytes { String(decoding: $0, as: UTF8.self) }
            setenv(name, value, 1)
        }
        // Above all places first, so that none is taken while its number still is another's source.
        let floor = Int32(3 + sockets.count)  // SD_LISTEN_FDS_START
        for (place, socket) in sockets.enumerated() {
            let copy = try check("fcntl", "socket", fcntl(socket.number, F_DUPFD_CLOEXEC, floor))
            try check("dup2", "socket", dup2(copy, Int32(3 + place)))
        }
        try OpenFiles.set(limit)
        // What blocks signals is the thread that executes; the next program is to have them as we had.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        _ = withCStrings([lineage.program] + CommandLine.arguments.dropFirst()) {
            execv(lineage.program, $0)
        }
        throw LinuxError("exec", lineage.program, errno: errno)
    }
}
