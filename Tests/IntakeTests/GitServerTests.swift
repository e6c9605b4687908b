// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Intake

/// Repositories by the servers that people have: nginx before git's own back end, and sshd.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct GitServerTests {
    @Test func `a repository comes by HTTPS, from who proves who it is`() async throws {
        try #require(access("/usr/sbin/fcgiwrap", X_OK) == 0, "install fcgiwrap")
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.push(["one.yaml": Bench.app("one")])
        let socket = "\(scratch.path)/cgi.sock"
        let log = try Descriptor.open("\(scratch.path)/cgi.log", O_CREAT | O_WRONLY, mode: 0o600)
        let cgi = try Spawn(
            ["fcgiwrap", "-s", "unix:\(socket)"],
            program: "/usr/sbin/fcgiwrap",
            descriptors: [1: log, 2: log]
        ).start()
        defer {
            kill(cgi, SIGKILL)
            waitpid(cgi, nil, 0)
        }
        let nginx = try Nginx(
            scratch,
            locations: """
                location /git/ {
                    auth_basic team; auth_basic_user_file \(scratch.path)/htpasswd;
                    fastcgi_pass unix:\(socket); fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
                    fastcgi_param GIT_PROJECT_ROOT \(scratch.path); fastcgi_param GIT_HTTP_EXPORT_ALL 1;
                    fastcgi_param PATH_INFO $git; fastcgi_param QUERY_STRING $query_string;
                    fastcgi_param REQUEST_METHOD $request_method; fastcgi_param CONTENT_TYPE $content_type;
                    fastcgi_param CONTENT_LENGTH $content_length; fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
                    fastcgi_param REMOTE_USER $remote_user; fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
                }
                location /away/ { return 302 https://127.0.0.1:1/; }
                """,
            http: "map $uri $git { ~^/git(?<rest>/.*)$ $rest; }"
        )
        func node(_ path: String, _ more: String) -> String {
            "sources: [{name: repo, git: {url: 'https://127.0.0.1:\(nginx.port)/\(path)', path: apps\(more)}, every: 1s}]\n"
        }
        let ca = ", ca: \(scratch.path)/ca.pem", auth = ", auth: \(scratch.path)/auth"
        try scratch.write("team:word\n", to: "auth")
        try await bench.run(node("git/nodes.git", auth)) {
            try await bench.settled($0, .failed, "certificate")
        }
        try await bench.run(node("git/nodes.git", ca)) { try await bench.settled($0, .failed, "fatal:") }
        try await bench.run(node("away/nodes.git", ca + auth)) {
            try await bench.settled($0, .failed, "fatal:")
        }
        #expect(bench.deeds.isEmpty)
        try await bench.run(node("git/nodes.git", ca + auth)) { intake in
            try await bench.settled(intake, .synced)
            try scratch.push(["two.yaml": Bench.app("two")])
            try await bench.until("two") { bench.apps == ["one", "two"] }
            // The password is in no command line.
            #expect(try Shell.run("cat \(scratch.path)/errors").count(of: "dGVhbTp3b3Jk") == 0)
        }
    }

    @Test func `a repository comes by ssh, from a server that is known, to a key that it knows`() async throws
    {
        try #require(access("/usr/sbin/sshd", X_OK) == 0, "install openssh-server")
        let scratch = try Scratch.repository()
        let bench = Bench(scratch)
        try scratch.push(["one.yaml": Bench.app("one")])
        let port = try LoopbackServer { _ in }.port
        let folder = scratch.path
        for name in ["host", "login", "other"] { try scratch.key(name) }
        try scratch.run(
            """
            mkdir -p /run/sshd; cp login.pub authorized; echo "[127.0.0.1]:\(port) $(cut -d' ' -f1,2 host.pub)" >known
            echo "[127.0.0.1]:\(port) $(cut -d' ' -f1,2 other.pub)" >strange
            printf '%s\\n' 'ListenAddress 127.0.0.1:\(port)' 'HostKey \(folder)/host' 'PidFile none' 'UsePAM no' \\
                'AuthorizedKeysFile \(folder)/authorized' 'StrictModes no' 'PermitRootLogin prohibit-password' >sshd.conf
            """
        )
        let log = try Descriptor.open("\(folder)/sshd.log", O_CREAT | O_WRONLY, mode: 0o600)
        let server = try Spawn(
            ["/usr/sbin/sshd", "-D", "-e", "-f", "\(folder)/sshd.conf"],
            descriptors: [1: log, 2: log]
        ).start()
        defer {
            kill(server, SIGKILL)
            waitpid(server, nil, 0)
        }
        try scratch.run(
            "for i in $(seq 200); do bash -c '</dev/tcp/127.0.0.1/\(port)' 2>/dev/null && exit 0; sleep 0.05; done; cat sshd.log; exit 1"
        )
        func node(_ key: String, _ known: String) -> String {
            """
            sources:
              - {name: repo, git: {url: "ssh://root@127.0.0.1:\(port)\(folder)/nodes.git", path: apps, key: \(folder)/\(key), known_hosts: \(folder)/\(known)}, every: 1s}

            """
        }
        for (key, known) in [("other", "known"), ("login", "strange"), ("login", "missing")] {
            try await bench.run(node(key, known)) { try await bench.settled($0, .failed) }
        }
        #expect(bench.deeds.isEmpty)
        try await bench.run(node("login", "known")) { try await bench.settled($0, .synced) }
        #expect(bench.apps == ["one"])
    }
}
