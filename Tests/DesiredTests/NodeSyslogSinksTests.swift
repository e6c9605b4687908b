// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `sinks` of a node file: the family of syslog, and the journal.
@Suite struct NodeSyslogSinksTests {
    private func sinks(_ yaml: String) throws -> [SinkSettings.Kind] {
        try NodeSettings.decode(yaml: "format: 1\nsinks:\n" + yaml, file: "node.yaml").sinks.map(\.kind)
    }

    @Test func `what is not said is what is usual for the way`() throws {
        var udp = SinkSettings.Syslog(SinkSettings.Address(.udp, "fd00::1", 514))
        udp.message.maximum = 2_048
        var unix = SinkSettings.Syslog(SinkSettings.Address(.unix, "/dev/log"))
        unix.message.format = .rfc3164
        let tcp = SinkSettings.Syslog(SinkSettings.Address(.tcp, "logs.example.net", 601))
        let relp = SinkSettings.RELP(SinkSettings.Address(.tcp, "logs.example.net", 2514))
        #expect(tcp.message.facility == .daemon && tcp.message.output == .info && tcp.message.error == .err)
        #expect(
            try sinks(
                """
                  a: { syslog: { url: "udp://[fd00::1]:514" } }
                  b: { syslog: { url: "unix:///dev/log" } }
                  c: { syslog: { url: "tcp://logs.example.net:601" } }
                  d: { relp: { url: "tcp://logs.example.net" } }
                  e: { journald: {} }
                  f: { journal-remote: { url: "http://logs.example.net:19532" } }

                """
            ) == [
                .syslog(udp), .syslog(unix), .syslog(tcp), .relp(relp), .journal(SinkSettings.Journal()),
                .remoteJournal(SinkSettings.RemoteJournal("http://logs.example.net:19532/upload")),
            ]
        )
    }

    @Test func `a pace is read, where nobody says what has arrived`() throws {
        var syslog = SinkSettings.Syslog(SinkSettings.Address(.udp, "a", 514))
        syslog.message.maximum = 2_048
        syslog.rate = 500
        var gelf = SinkSettings.GELF(SinkSettings.Address(.udp, "a", 12_201))
        gelf.rate = 1_000_000
        #expect(
            try sinks(
                """
                  a: { syslog: { url: "udp://a:514", rate: 500/s } }
                  b: { gelf: { url: "udp://a", rate: 1000000/s } }

                """
            ) == [.syslog(syslog), .gelf(gelf)]
        )
        for (words, wrong) in [
            ("syslog: { url: \"udp://a:514\", rate: 500 }", "is not a number of messages a second"),
            ("syslog: { url: \"udp://a:514\", rate: 0/s }", "is not a number of messages a second"),
            ("syslog: { url: \"tcp://a:514\", rate: 500/s }", "means nothing without UDP"),
            ("gelf: { url: \"http://a\", rate: 500/s }", "means nothing by HTTP"),
        ] {
            let report = #expect(throws: Report.self) { try sinks("  a: { \(words) }\n") }
            #expect(report?.problems.contains { "\($0)".contains(wrong) } == true, "\(words)")
        }
    }

    @Test func `every word is read`() throws {
        var wanted = SinkSettings.Syslog(SinkSettings.Address(.tls, "logs.example.net", 6514))
        wanted.tls.authorities = .path("/ca.pem")
        wanted.tls.identity = .init(certificate: .credential("c"), key: .credential("k"))
        wanted.tls.isVerified = false
        wanted.message.facility = .local3
        wanted.message.output = .notice
        wanted.message.error = .crit
        wanted.message.maximum = 65_536
        wanted.message.hasMark = true
        wanted.message.structure = "own@4711"
        #expect(
            try sinks(
                """
                  far:
                    syslog:
                      url: tls://logs.example.net:6514
                      ca: /ca.pem
                      cert: cred:c
                      key: cred:k
                      verify: false
                      format: rfc5424
                      framing: octet
                      facility: local3
                      severity: { stdout: notice, stderr: crit }
                      max_message: 64k
                      bom: true
                      sd_id: own@4711

                """
            ) == [.syslog(wanted)]
        )
    }

    @Test(arguments: [
        ("syslog: {}", "'url' is missing"),
        ("syslog: {url: \"tcp://h\"}", "is not the address of a receiver"),
        ("syslog: {url: \"tls://h:1\", framing: newline}", "octet counting alone"),
        ("syslog: {url: \"udp://h:1\", framing: octet}", "means nothing to udp"),
        ("syslog: {url: \"udp://h:1\", max_message: 1m}", "must be from 1024 to 65507 bytes"),
        ("syslog: {url: \"tcp://h:1\", max_message: 480}", "must be from 1024 to 1048576 bytes"),
        ("syslog: {url: \"tcp://h:1\", format: json}", "is not one of rfc5424, rfc3164"),
        ("syslog: {url: \"tcp://h:1\", facility: local9}", "is not one of kern, user"),
        ("syslog: {url: \"tcp://h:1\", severity: {stdout: loud}}", "is not one of emerg, alert"),
        ("syslog: {url: \"tcp://h:1\", format: rfc3164, bom: true}", "means nothing to rfc3164"),
        ("syslog: {url: \"tcp://h:1\", sd_id: martlet}", "is not the name of structured data"),
        ("syslog: {url: \"tcp://h:1\", sd_id: \"a b@1\"}", "is not the name of structured data"),
        ("syslog: {url: \"tcp://h:1\", ca: /x}", "means nothing without TLS"),
        ("relp: {url: \"udp://h:1\"}", "is not the address of a receiver"),
        ("relp: {url: \"tcp://h:1\", framing: octet}", "unknown key"),
        ("journal-remote: {url: \"ftp://h\"}", "is not the URL of systemd-journal-remote"),
        ("journal-remote: {url: \"http://h:1\", cert: /c}", "means nothing without TLS"),
        ("journald: {socket: here}", "is not an absolute path"),
    ])
    func `what makes no sense is refused with its place`(words: String, problem: String) {
        do throws(Report) {
            _ = try NodeSettings.decode(yaml: "format: 1\nsinks: {s: {\(words)}}\n", file: "node.yaml")
            Issue.record("accepted: \(words)")
        } catch {
            #expect(error.problems.contains { $0.description.contains(problem) }, "\(error)")
        }
    }
}
