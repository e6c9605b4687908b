// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// A repository that nginx serves by HTTPS through git's own back end, with signed commits.
final class GitServer {
    let folder: String
    let port: UInt16
    private var servers: [Int32] = []

    init(in folder: String, _ authority: TestAuthority) throws {
        try #require(access("/usr/sbin/fcgiwrap", X_OK) == 0, "install fcgiwrap")
        try #require(access("/usr/sbin/nginx", X_OK) == 0, "install nginx-light")
        self.folder = folder
        port = try LoopbackServer.freePort()
        try authority.certify("git")
        try Shell.run(
            """
            set -e; mkdir -p \(folder)/tmp; cd \(folder); ssh-keygen -q -t ed25519 -N '' -C team -f key
            echo "team namespaces=\\"git\\" $(cut -d' ' -f1,2 key.pub)" >signers
            git init -q --bare -b main nodes.git; git init -q -b main work; cd work
            git config user.name Team; git config user.email team@example.net; git config gpg.format ssh
            git config user.signingKey \(folder)/key; git config commit.gpgSign true; git remote add origin ../nodes.git
            """
        )
        let configuration = """
            daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/errors; user root;
            events {}
            http {
                access_log off; client_body_temp_path \(folder)/tmp; fastcgi_temp_path \(folder)/tmp;
                map $uri $git { ~^/git(?<rest>/.*)$ $rest; }
                server {
                    listen 127.0.0.1:\(port) ssl;
                    ssl_certificate \(authority.folder)/git.pem; ssl_certificate_key \(authority.folder)/git.key;
                    location /git/ {
                        fastcgi_pass unix:\(folder)/cgi.sock; fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
                        fastcgi_param GIT_PROJECT_ROOT \(folder); fastcgi_param GIT_HTTP_EXPORT_ALL 1;
                        fastcgi_param PATH_INFO $git; fastcgi_param QUERY_STRING $query_string;
                        fastcgi_param REQUEST_METHOD $request_method; fastcgi_param CONTENT_TYPE $content_type;
                        fastcgi_param CONTENT_LENGTH $content_length; fastcgi_param HTTP_GIT_PROTOCOL $http_git_protocol;
                        fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
                    }
                }
            }

            """
        try Descriptor.open("\(folder)/nginx.conf", O_CREAT | O_WRONLY, mode: 0o600).write(
            Array(configuration.utf8)
        )
        let log = try Descriptor.open("\(folder)/log", O_CREAT | O_WRONLY | O_APPEND, mode: 0o600)
        for words in [
            ["/usr/sbin/fcgiwrap", "-s", "unix:\(folder)/cgi.sock"],
            ["/usr/sbin/nginx", "-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/errors"],
        ] { servers.append(try Spawn(words, descriptors: [1: log, 2: log]).start()) }
        try Shell.run(
            "curl -sk -o /dev/null --max-time 60 --retry 100 --retry-delay 0 --retry-connrefused https://127.0.0.1:\(port)/ || { cat \(folder)/log; exit 1; }"
        )
    }

    deinit {
        for pid in servers {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    /// Commits a file, signed, and pushes it.
    func push(_ text: String, _ name: String) throws {
        try Descriptor.open("\(folder)/work/\(name)", O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644).write(
            Array(text.utf8)
        )
        try Shell.run("cd \(folder)/work && git add . && git commit -qm change && git push -q origin main")
    }
}
