// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// An agent that listens by TLS, an authority for it and its clients, and curl to ask it.
final class APIBench {
    let walk: Walk
    let authority: TestAuthority
    let port: UInt16
    var folder: String { authority.folder }
    var tokens: String { "\(folder)/tokens" }

    init(_ walk: Walk) throws {
        self.walk = walk
        port = try LoopbackServer.freePort()
        authority = try TestAuthority(in: "\(walk.folder)/pki")
        try authority.certify("server")
    }

    /// Makes the certificate of a client.
    func client(
        _ name: String,
        subject: String,
        usage: String? = "clientAuth",
        from start: String = "20200101000000Z",
        until end: String = "20600101000000Z"
    ) throws {
        let extensions = usage.map { "-addext extendedKeyUsage=\($0)" } ?? ""
        try Shell.run(
            """
            cd \(folder) && sed 's/^policy=p$/policy=any/' ca.cnf >any.cnf && printf '[any]\\ncommonName=optional\\norganizationalUnitName=optional\\n' >>any.cnf
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '\(subject)' \(extensions) \
                -keyout \(name).key -out \(name).csr
            openssl ca -batch -notext -config any.cnf -startdate \(start) -enddate \(end) -in \(name).csr -out \(name).pem
            """
        )
    }

    /// Writes the list of those that are revoked.
    func writeRevocations(of names: String...) throws {
        for name in names { try Shell.run("cd \(folder) && openssl ca -config any.cnf -revoke \(name).pem") }
        try Shell.run(
            "cd \(folder) && openssl ca -config any.cnf -gencrl -crldays 2 -out crl.new && mv crl.new crl.pem"
        )
    }

    /// Starts an agent with what `api` says beside `listen`.
    func agent(_ api: String, tls: String = "", more: String = "") async throws -> ForegroundRun {
        let node = try walk.file(
            """
            format: 1
            \(more)
            api:
              listen: "127.0.0.1:\(port)"
              tls: { cert: \(folder)/server.pem, key: \(folder)/server.key\(tls) }
            \(api)
            """,
            "node.yaml"
        )
        let agent = try await walk.agent(["--node", node])
        try Shell.run(
            "for i in $(seq 600); do bash -c '</dev/tcp/127.0.0.1/\(port)' 2>/dev/null && exit 0; sleep 0.05; done; exit 1"
        )
        return agent
    }

    /// The status that curl gets, 0 if it gets none, with what it says.
    func ask(_ path: String, _ arguments: String = "") throws -> (status: Int, body: String) {
        let output = try Shell.run(
            "curl -s --max-time 60 --cacert \(authority.certificate) -w '\\n%{http_code}' \(arguments) 'https://127.0.0.1:\(port)\(path)' || true"
        )
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? -1, lines.dropLast().joined(separator: "\n"))
    }

    /// The words for curl to show a client's certificate.
    func proof(_ name: String) -> String { "--cert \(folder)/\(name).pem --key \(folder)/\(name).key" }

    /// Makes a token; the file that curl reads its header from.
    func token(_ name: String, role: String, _ more: String...) async throws -> String {
        let made = try await walk.martletAgent(
            ["token", "new", "--file", tokens, "--role", role] + more + [name]
        )
        try #require(made.code == 0, "\(made.output)")
        return made.output.filter { !$0.isWhitespace }
    }
}

extension Walk {
    /// Runs a verb that has no folders.
    func martletAgent(_ words: [String]) async throws -> (code: Int32, output: String) {
        let run = try ForegroundRun(
            [Self.martlet] + words,
            output: "\(folder)/verb.\(UInt32.random(in: 0 ... .max))"
        )
        return (try await run.exit(), try run.output())
    }
}
