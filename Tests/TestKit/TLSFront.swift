// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// nginx with TLS and HTTP/2 in front of a server on 127.0.0.1; it ends with its last reference.
public final class TLSFront {
    /// A request as nginx saw it.
    public struct Line: Sendable {
        /// The number of the connection.
        public let connection: String
        /// `HTTP/2.0` or `HTTP/1.1`.
        public let version: String
        /// Method and path.
        public let request: String
    }

    /// Whether the package `nginx` is here.
    public static let isThere = access("/usr/sbin/nginx", X_OK) == 0

    /// Where it listens.
    public let port: UInt16
    /// Who vouches for it.
    public let authority: TestAuthority
    private let folder: String
    private let child: TestProgram

    /// Starts one whose files are in `folder`, which is made.
    public init(to server: UInt16, in folder: String) throws {
        self.folder = folder
        authority = try TestAuthority(in: folder)
        try authority.certify("server")
        port = try LoopbackServer.freePort()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder)/\($0);"
        }
        let text = """
            daemon off;
            master_process off;
            pid \(folder)/pid;
            error_log \(folder)/errors;
            events { worker_connections 256; }
            http {
              \(temporary.joined(separator: " "))
              log_format short '$connection $server_protocol $request_method $uri';
              access_log \(folder)/access short;
              server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(folder)/server.pem;
                ssl_certificate_key \(folder)/server.key;
                client_max_body_size 0;
                location / {
                  proxy_pass http://127.0.0.1:\(server);
                  proxy_set_header Host $http_host;
                  proxy_set_header X-Forwarded-Proto https;
                }
              }
            }

            """
        try Descriptor.open("\(folder)/nginx.conf", O_CREAT | O_WRONLY, mode: 0o644).write(Array(text.utf8))
        child = try TestProgram(
            ["/usr/sbin/nginx", "-p", folder, "-e", "\(folder)/errors", "-c", "\(folder)/nginx.conf"],
            log: "\(folder)/log",
            port: port
        )
    }

    /// `127.0.0.1:PORT`.
    public var name: String { "127.0.0.1:\(port)" }

    /// What it was asked so far.
    public func lines() throws -> [Line] {
        let bytes = try Descriptor.open("\(folder)/access", O_RDONLY).readAll(limit: 16 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            // A connection that asked nothing has no version.
            guard words.count == 3, words[1].hasPrefix("HTTP/") else { return nil }
            return Line(connection: words[0], version: words[1], request: words[2])
        }
    }
}
