// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Glibc
internal import Linux
internal import TestKit

/// rsyslogd on loopback, which writes what comes to a file for each way in; it can be killed and started again.
final class RsyslogServer {
    /// A message as rsyslog understood it.
    struct Message: Decodable, Equatable {
        var pri = "", ts = "", host = "", app = "", procid = "", msgid = "", sd = "", msg = ""
    }

    static let isThere = access("/usr/sbin/rsyslogd", X_OK) == 0

    let folder: String
    let authority: TestAuthority
    let tcp: UInt16, tls: UInt16, udp: UInt16, relp: UInt16
    var socket: String { "\(folder)/log" }
    private var child: TestProgram?

    /// Starts one with the files in a folder of its own.
    init() throws {
        var template = Array("/tmp/martlet-rsyslog-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        folder = String(cString: made)
        authority = try TestAuthority(in: "\(folder)/pki")
        for name in ["server", "client"] { try authority.certify(name) }
        try authority.certifyItself("stranger")
        tcp = try LoopbackServer.freePort()
        tls = try LoopbackServer.freePort()
        udp = try LoopbackServer.freePort(SOCK_DGRAM)
        relp = try LoopbackServer.freePort()
        try Descriptor.open("\(folder)/conf", O_CREAT | O_WRONLY, mode: 0o644).write(Array(text.utf8))
        try start()
    }

    deinit {
        child?.end()
        _ = try? Shell.run("rm -rf \(folder)")
    }

    func start() throws {
        // A message that it was killed in the middle of is none, and was not confirmed.
        try Shell.run("if [ -s \(folder)/relp ]; then sed -i '/}$/!d' \(folder)/relp; fi")
        child = try TestProgram(
            ["/usr/sbin/rsyslogd", "-n", "-f", "\(folder)/conf", "-i", "\(folder)/pid"],
            log: "\(folder)/output",
            port: relp
        )
    }

    func kill() {
        child?.end()
        unlink("\(folder)/pid")
    }

    /// What rsyslog complained about.
    var complaints: String {
        get throws { try Shell.run("grep -v ' start$\\|exiting\\|rcvbuf\\|imrelp' \(folder)/own || true") }
    }

    /// What came over one way, in the order in which it came.
    func messages(_ way: String) throws -> [Message] {
        let path = "\(folder)/\(way)"
        guard access(path, F_OK) == 0 else { return [] }
        let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 28)
        return try bytes.split(separator: 0x0A).map { try JSONDecoder().decode(Message.self, from: Data($0)) }
    }

    /// Waits for so many messages.
    func wait(_ way: String, for count: Int) async throws -> [Message] {
        while try self.count(way) < count { try await Task.sleep(for: .milliseconds(20)) }
        return try messages(way)
    }

    /// How many messages came over one way.
    func count(_ way: String) throws -> Int {
        let path = "\(folder)/\(way)"
        guard access(path, F_OK) == 0 else { return 0 }
        return Int(try Shell.run("wc -l <\(path)").trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// How many datagrams its own full buffer cost: what a receiver that does not run for a while loses, whoever sends.
    var droppedDatagrams: Int {
        get throws {
            let local = ":" + String(Int(udp) + 0x10000, radix: 16, uppercase: true).suffix(4)
            let sockets = try Shell.run("cat /proc/net/udp").split(separator: "\n").dropFirst()
                .map { $0.split(separator: " ") }.filter { $0.count > 12 && $0[1].hasSuffix(local) }
            return sockets.compactMap { Int($0[12]) }.reduce(0, +)
        }
    }

    /// Without a queue: a message is in the file before `relp` says that it is there.
    private var text: String {
        let fields = [
            ("pri", "pri"), ("host", "hostname"), ("app", "app-name"), ("procid", "procid"),
            ("msgid", "msgid"), ("sd", "structured-data"), ("msg", "msg"),
        ]
        let properties = fields.map { "property(outname=\"\($0)\" name=\"\($1)\" format=\"jsonf\")" }
        let rules = ["tcp", "tls", "udp", "relp", "unix"].map {
            "ruleset(name=\"\($0)\") { action(type=\"omfile\" file=\"\(folder)/\($0)\" template=\"json\") }"
        }
        return """
            global(workDirectory="\(folder)" processInternalMessages="on" maxMessageSize="64k"
              defaultNetstreamDriverCAFile="\(authority.certificate)"
              defaultNetstreamDriverCertFile="\(authority.folder)/server.pem"
              defaultNetstreamDriverKeyFile="\(authority.folder)/server.key")
            main_queue(queue.type="Direct")
            module(load="imudp") module(load="imptcp") module(load="imrelp")
            module(load="imuxsock" SysSock.Use="off")
            module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1"
              StreamDriver.AuthMode="x509/certvalid")
            template(name="json" type="list" option.jsonf="on") {
              property(outname="ts" name="timereported" dateFormat="rfc3339" format="jsonf")
              \(properties.joined(separator: " "))
            }
            \(rules.joined(separator: "\n"))
            input(type="imudp" address="127.0.0.1" port="\(udp)" ruleset="udp" rcvbufSize="256m")
            input(type="imptcp" address="127.0.0.1" port="\(tcp)" ruleset="tcp")
            input(type="imtcp" address="127.0.0.1" port="\(tls)" ruleset="tls")
            input(type="imuxsock" socket="\(socket)" ruleset="unix" useSpecialParser="off" parseHostname="off")
            input(type="imrelp" address="127.0.0.1" port="\(relp)" ruleset="relp" maxDataSize="64k")
            syslog.* action(type="omfile" file="\(folder)/own")

            """
    }
}
