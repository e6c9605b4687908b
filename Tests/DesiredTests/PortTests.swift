// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct PortTests {
    @Test(arguments: [
        ("3000", "nil nil 3000 tcp"), ("\"8080:80/udp\"", "nil 8080-8080 80 udp"),
        ("\"127.0.0.1:8001:81\"", "127.0.0.1 8001-8001 81 tcp"),
        ("\"127.0.0.1::82\"", "127.0.0.1 nil 82 tcp"),
        ("\"[::1]:8003:83\"", "::1 8003-8003 83 tcp"), ("\"[fd00::1]::84\"", "fd00::1 nil 84 tcp"),
        ("\"0:85\"", "nil nil 85 tcp"), ("\"8080-8085:80\"", "nil 8080-8085 80 tcp"),
        ("22:22", "nil 22-22 22 tcp"),
        ("3000-3002", "nil nil 3000 tcp,nil nil 3001 tcp,nil nil 3002 tcp"),
        ("\"9090-9091:80-81\"", "nil 9090-9090 80 tcp,nil 9091-9091 81 tcp"),
        ("{target: 80}", "nil nil 80 tcp"), ("{target: 80, published: 8080}", "nil 8080-8080 80 tcp"),
        ("{target: 80, published: \"8080-8090\", host_ip: 10.0.0.1}", "10.0.0.1 8080-8090 80 tcp"),
    ])
    func `a port is read in each of its forms`(_ item: String, _ expected: String) throws {
        let ports = try Sample.web("ports: [\(item)]").ports
        let texts = ports.map { port in
            let published = port.published.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "nil"
            return
                "\(port.hostAddress?.description ?? "nil") \(published) \(port.target) \(port.transport.rawValue)"
        }
        #expect(texts.joined(separator: ",") == expected)
    }

    @Test(arguments: [
        "\"\"", "\"80:\"", "\":80\"", "\"0\"", "\"65536\"", "\"-80\"", "\"80:80:80\"", "\"1.2.3:80:80\"",
        "\"1.2.3.4:5:80:80\"", "\"::1:80:80\"", "\"[::1]80\"", "\"80/sctp\"", "\"80/icmp\"", "\"80/tcp/udp\"",
        "\"8080-8082:80-81\"", "\"90-80\"", "\"080:80\"", "\"80:８０\"", "\"80 :80\"", "{published: 80}",
        "{target: 0}", "{target: 80, published: x}", "{target: 80, protocol: sctp}",
        "{target: 80, host_ip: localhost}",
        "{target: 80, mode: swarm}", "[80]", "true", "80.5",
    ])
    func `a malformed port is refused`(_ item: String) {
        #expect(Sample.webProblems("ports: [\(item)]").count == 1)
    }

    @Test(arguments: [
        (["8080:80"], ["8080:81"], true), (["8080:80"], ["8080:80/udp"], false),
        (["127.0.0.1:8080:80"], ["127.0.0.2:8080:80"], false),
        (["127.0.0.1:8080:80"], ["0.0.0.0:8080:80"], true),
        (["0.0.0.0:8080:80"], ["127.0.0.1:8080:80"], true), (["[::]:8080:80"], ["0.0.0.0:8080:80"], false),
        (["8080:80"], ["0.0.0.0:8080:80"], true), (["8080:80", "8080:81"], [], true), (["80"], ["80"], false),
        (["[::]:8080:80"], ["[::1]:8080:80"], true), (["[0:0::1]:8080:80"], ["[::1]:8080:80"], true),
    ])
    func `a host port is had once only`(_ one: [String], _ other: [String], _ collides: Bool) {
        let problems = Sample.problems(
            "name: a\nservices:\n  one: {image: i, ports: \(one)}\n  two: {image: i, ports: \(other)}\n"
        )
        #expect(problems.count == (collides ? 1 : 0))
        #expect(problems.allSatisfy { $0.contains("host port 8080/tcp is published by one already") })
    }
}
