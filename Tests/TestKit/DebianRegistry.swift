// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Debian's docker-registry on a free port of 127.0.0.1, with its data in a folder; it ends with its last reference.
public final class DebianRegistry {
    /// How it is spoken to, and what it wants to see.
    public enum Kind: String, CaseIterable, Sendable {
        /// HTTP, and nothing.
        case plain
        /// TLS with a certificate of `authority`.
        case tls
        /// HTTP with `user` and `secret`.
        case basic
        /// HTTP with a token that a service gives to `user` and `secret`.
        case token
    }

    /// Whether the packages `docker-registry` and `skopeo` are here.
    public static let isThere =
        access("/usr/bin/docker-registry", X_OK) == 0 && access("/usr/bin/skopeo", X_OK) == 0

    /// How it is spoken to.
    public let kind: Kind
    /// Where it listens.
    public let port: UInt16
    private let folder: String
    private let child: TestProgram
    /// Who gives tokens for it, if it wants some.
    public let tokens: TokenServer?

    /// Starts one whose files are in `folder`, which is made.
    public init(_ kind: Kind = .plain, in folder: String) throws {
        self.kind = kind
        self.folder = folder
        try Shell.run("mkdir -p \(folder)/data")
        port = try LoopbackServer.freePort()
        tokens = kind == .token ? try TokenServer(folder) : nil
        let tls = kind == .tls ? ", tls: {certificate: \(folder)/server.pem, key: \(folder)/server.key}" : ""
        var text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: false}}
            storage: {filesystem: {rootdirectory: \(folder)/data}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(port)", secret: test\(tls)}

            """
        switch kind {
        case .plain: break
        case .tls: try TestAuthority(in: folder).certify("server")
        case .basic:
            // bcrypt of "secret".
            let hash = "$2b$04$74idMd92zzu1CMnpgkYMvOtXQD8B1jlQ63guqT67Xqap9lHMBWRqG"
            try Self.write("user:\(hash)\n", to: "\(folder)/htpasswd")
            text += "auth: {htpasswd: {realm: test, path: \(folder)/htpasswd}}\n"
        case .token:
            text +=
                "auth: {token: {realm: \"http://\(tokens?.name ?? "")/token\", service: test, issuer: martlet, rootcertbundle: \(folder)/issuer.pem}}\n"
        }
        try Self.write(text, to: "\(folder)/config.yml")
        try Self.write(
            #"{"auths":{"127.0.0.1:\#(port)":{"auth":"dXNlcjpzZWNyZXQ="}}}"#,
            to: "\(folder)/auth.json"
        )
        child = try TestProgram(
            ["/usr/bin/docker-registry", "serve", folder + "/config.yml"],
            log: "\(folder)/log",
            port: port
        )
    }

    /// `127.0.0.1:PORT`.
    public var name: String { "127.0.0.1:\(port)" }
    /// What it was asked, and what it says.
    public var log: String { "\(folder)/log" }
    /// A file with its user name and password.
    public var credentials: String { "\(folder)/auth.json" }
    /// Who vouches for it, if it speaks TLS.
    public var authority: String { "\(folder)/ca.pem" }

    /// Ends it now.
    public func end() { child.end() }

    /// Runs skopeo on it; `SRC` and `DST` in the line say where a registry's options go.
    public func skopeo(_ line: String) throws {
        let options =
            "--%-tls-verify=false" + (kind == .basic || kind == .token ? " --%-creds user:secret" : "")
        let text = line.replacing("SRC", with: options.replacing("%", with: "src"))
            .replacing("DST", with: options.replacing("%", with: "dest"))
        try Shell.run("skopeo --insecure-policy \(text)")
    }

    private static func write(_ text: String, to path: String) throws {
        try Descriptor.open(path, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644).write(Array(text.utf8))
    }
}
