// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

/// nginx with a certificate of our own authority; its files are in `www`, below `secret` for those who know.
final class Nginx {
    let port: UInt16
    private let pid: Int32

    init(_ scratch: Scratch, locations: String = "", http: String = "") throws {
        try #require(access("/usr/sbin/nginx", X_OK) == 0, "install nginx-light")
        port = try LoopbackServer { _ in }.port
        try scratch.run(
            """
            mkdir -p www/secret tmp; chmod 755 .
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ours -days 2 -keyout ca.key -out ca.pem 2>&1
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr 2>&1
            printf 'subjectAltName=IP:127.0.0.1\\n' >ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem 2>&1
            echo "team:$(openssl passwd -apr1 word)" >htpasswd
            """
        )
        let folder = scratch.path
        try scratch.write(
            """
            daemon off; master_process off; pid \(folder)/pid; error_log \(folder)/errors; user root;
            events {}
            http {
                access_log \(folder)/access; client_body_temp_path \(folder)/tmp;
                \(http)
                types { application/yaml yaml; text/html html; }
                server {
                    listen 127.0.0.1:\(port) ssl; root \(folder)/www;
                    ssl_certificate \(folder)/server.pem; ssl_certificate_key \(folder)/server.key;
                    location /secret/ { auth_basic team; auth_basic_user_file \(folder)/htpasswd; }
                    \(locations)
                    location /moved { return 302 /app.yaml; }
                    location /away { return 302 http://127.0.0.1:\(port)/app.yaml; }
                }
            }
            """,
            to: "nginx.conf"
        )
        let log = try Descriptor.open("\(folder)/log", O_CREAT | O_WRONLY, mode: 0o600)
        pid = try Spawn(
            ["nginx", "-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/errors"],
            program: "/usr/sbin/nginx",
            descriptors: [1: log, 2: log]
        ).start()
        try scratch.run(
            "curl -sk -o /dev/null --max-time 60 --retry 100 --retry-delay 0 --retry-connrefused https://127.0.0.1:\(port)/ || { cat log errors; exit 1; }"
        )
    }

    deinit { end() }

    func end() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
