// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A program `docker-credential-NAME` that knows names and passwords; it gets ten seconds and may say 64 KiB.
struct CredentialHelper {
    private static let patience: Int32 = 10_000
    private static let maximumBytes = 64 << 10
    private let program: String

    init(_ name: String) throws(ImageError) {
        guard (1...64).contains(name.utf8.count), Reference.isTag(name) else {
            throw ImageError(
                "ask for credentials",
                name,
                .malformed("the name of a credential helper is letters, digits, '_', '.' and '-'")
            )
        }
        program = "docker-credential-" + name
    }

    /// What it has for a server, or nil.
    func credentials(for server: String) throws(ImageError) -> Credentials? {
        let (status, output) = try attempt("ask for credentials", program) { () throws(LinuxError) in
            try run(server)
        }
        guard let status else {
            throw ImageError(
                "ask for credentials",
                program,
                .limit("it takes longer than \(Self.patience / 1000) s, or says more than 64 KiB")
            )
        }
        let text = String(decoding: output.prefix(200), as: UTF8.self)
        guard status == 0 else {
            // The words of the protocol for "nothing".
            if text.hasPrefix("credentials not found") { return nil }
            throw ImageError("ask for credentials", program, .malformed("it failed: \(text)"))
        }
        let answer = try Document.decode(Answer.self, from: output, "read answer of", program)
        if answer.Username == "<token>" { return .refreshToken(answer.Secret) }
        return .password(user: answer.Username, password: answer.Secret)
    }

    /// Its exit status, nil if it was ended, and what it said.
    private func run(_ server: String) throws(LinuxError) -> (Int32?, [UInt8]) {
        let (pid, output) = try start(server)
        var said: [UInt8] = []
        var isOver = false
        let end = ContinuousClock.now + .milliseconds(Int(Self.patience))
        do throws(LinuxError) {
            let process = try Descriptor.process(pid)
            while !isOver, said.count <= Self.maximumBytes, try Self.wait(for: output, until: end) {
                let bytes = try output.read(4096)
                said += bytes
                isOver = bytes.isEmpty
            }
            // One that closed its output may still not end.
            if isOver { isOver = try Self.wait(for: process, until: end) }
        } catch {
            _ = Self.end(pid)
            throw error
        }
        let status = Self.end(pid)
        return (isOver ? status : nil, said)
    }

    /// Its end of our pipes is all that is open once this returns.
    private func start(_ server: String) throws(LinuxError) -> (pid: Int32, output: Descriptor) {
        let input = try Descriptor.pipe()
        let output = try Descriptor.pipe()
        try input.write.write(Array(server.utf8))  // far less than a pipe holds
        var child = Spawn([program, "get"], descriptors: [0: input.read, 1: output.write])
        child.searchesPath = true
        child.leadsGroup = true
        return (try child.start(), output.read)
    }

    /// False when it is too late.
    private static func wait(
        for descriptor: Descriptor,
        until end: ContinuousClock.Instant
    ) throws(LinuxError) -> Bool {
        let left = ContinuousClock.now.duration(to: end).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
        var item = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return try retrying("poll", "credential helper") {
            poll(&item, 1, Int32(clamping: max(0, milliseconds)))
        } > 0
    }

    /// Ends it and what it started, and gives its exit code.
    private static func end(_ pid: Int32) -> Int32 {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    // Named as in the protocol.
    private struct Answer: Decodable {
        var Username: String
        var Secret: String
    }
}
