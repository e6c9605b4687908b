// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import TestKit

@testable internal import Images

/// Debian's docker-registry on a free port, with its data in a workshop; it ends with its last reference.
final class DebianRegistry {
    enum Kind: String, CaseIterable, Sendable {
        case plain, tls, basic, token
    }

    static let isThere = access("/usr/bin/docker-registry", X_OK) == 0 && access("/usr/bin/skopeo", X_OK) == 0

    let kind: Kind
    let port: UInt16
    private let shop: Workshop
    private let pid: Int32
    private let tokens: TokenServer?
    var name: String { "127.0.0.1:\(port)" }

    init(_ kind: Kind, in shop: Workshop) throws {
        self.kind = kind
        self.shop = shop
        let folder = shop.path + "/registry"
        try Workshop.run("mkdir -p \(folder)/data")
        // Taken and given back: nobody else on this machine picks it at once.
        port = try LoopbackServer { _ in }.port
        tokens = kind == .token ? try TokenServer(folder) : nil
        var text = """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder)/data}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(port)", secret: test\(kind == .tls ? ", tls: {certificate: \(folder)/server.pem, key: \(folder)/server.key}" : "")}

            """
        switch kind {
        case .plain: break
        case .tls: try Self.certify(folder)
        case .basic:
            // bcrypt of "secret".
            let hash = "$2b$04$74idMd92zzu1CMnpgkYMvOtXQD8B1jlQ63guqT67Xqap9lHMBWRqG"
            try shop.write(Array("user:\(hash)\n".utf8), to: "registry/htpasswd")
            text += "auth: {htpasswd: {realm: test, path: \(folder)/htpasswd}}\n"
        case .token:
            text +=
                "auth: {token: {realm: \"http://\(tokens?.name ?? "")/token\", service: test, issuer: martlet, rootcertbundle: \(folder)/issuer.pem}}\n"
        }
        try shop.write(Array(text.utf8), to: "registry/config.yml")
        try shop.write(
            Array(#"{"auths":{"127.0.0.1:\#(port)":{"auth":"dXNlcjpzZWNyZXQ="}}}"#.utf8),
            to: "auth.json"
        )
        let log = try Descriptor.open(folder + "/log", O_CREAT | O_WRONLY, mode: 0o600)
        pid = try Spawn(
            ["docker-registry", "serve", folder + "/config.yml"],
            program: "/usr/bin/docker-registry",
            descriptors: [1: log, 2: log]
        ).start()
        try Workshop.run(
            "for i in $(seq 200); do nc -z 127.0.0.1 \(port) 2>/dev/null && exit 0; bash -c '</dev/tcp/127.0.0.1/\(port)' 2>/dev/null && exit 0; sleep 0.05; done; cat \(folder)/log; exit 1"
        )
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// A client that knows what is to be known of it.
    func client(_ change: (inout RegistryConfiguration) -> Void = { _ in }) -> RegistryClient {
        var configuration = RegistryConfiguration()
        var settings = RegistrySettings(prefix: name)
        if kind == .tls {
            settings.authorities = .path(shop.path + "/registry/ca.pem")
        } else {
            settings.security = .http
        }
        configuration.registries = [settings]
        configuration.credentialFiles = [shop.path + "/auth.json"]
        configuration.retry.attempts = 2
        change(&configuration)
        return RegistryClient(configuration)
    }

    /// Runs skopeo on it; `SRC` and `DST` in the line say where a registry's options go.
    func skopeo(_ line: String) throws {
        let options =
            "--%-tls-verify=false" + (kind == .basic || kind == .token ? " --%-creds user:secret" : "")
        let text = line.replacing("SRC", with: options.replacing("%", with: "src"))
            .replacing("DST", with: options.replacing("%", with: "dest"))
        try Workshop.run(
            "skopeo --insecure-policy \(text) >\(shop.path)/skopeo.log 2>&1 || { cat \(shop.path)/skopeo.log; exit 1; }"
        )
    }

    /// An authority of our own and a certificate for 127.0.0.1.
    static func certify(_ folder: String) throws {
        try Workshop.run(
            """
            cd \(folder)
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ours -days 2 -keyout ca.key -out ca.pem 2>&1
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr 2>&1
            printf 'subjectAltName=IP:127.0.0.1\\n' >ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem 2>&1
            """
        )
    }
}

/// A token service: signs what is asked for by one who knows the password, and pulls alone for others.
final class TokenServer: Sendable {
    private let web: WebServer
    var name: String { web.name }

    init(_ folder: String) throws {
        try Workshop.run(
            "cd \(folder) && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=issuer -days 2 -keyout issuer.key -out issuer.pem 2>&1"
        )
        let chain = try Workshop.run("openssl x509 -in \(folder)/issuer.pem -outform DER | base64 -w0")
        web = try WebServer { asked in
            let isKnown = asked.fields["authorization"] == "Basic dXNlcjpzZWNyZXQ="
            let scopes = asked.target.drop { $0 != "?" }.dropFirst().split(separator: "&")
                .filter { $0.hasPrefix("scope=") }
                .map {
                    $0.dropFirst(6).replacing("%3A", with: ":").replacing("%2F", with: "/").replacing(
                        "%2C",
                        with: ","
                    )
                }
            let access = scopes.map { scope in
                let parts = scope.split(separator: ":")
                let actions = parts[2].split(separator: ",").filter { isKnown || $0 == "pull" }
                    .map { "\"\($0)\"" }.joined(separator: ",")
                return #"{"type":"\#(parts[0])","name":"\#(parts[1])","actions":[\#(actions)]}"#
            }
            let now = Int(time(nil))
            let head = #"{"typ":"JWT","alg":"RS256","x5c":["\#(chain)"]}"#
            let body =
                #"{"iss":"martlet","sub":"user","aud":"test","exp":\#(now + 300),"nbf":\#(now - 10),"iat":\#(now - 10),"jti":"\#(now)","access":[\#(access.joined(separator: ","))]}"#
            let text = Self.encoded(Array(head.utf8)) + "." + Self.encoded(Array(body.utf8))
            guard
                let signature = try? Workshop.run(
                    "printf %s '\(text)' | openssl dgst -sha256 -sign \(folder)/issuer.key | base64 -w0 | tr '+/' '-_' | tr -d ="
                )
            else { return Answer(status: 500) }
            return Answer(body: Array(#"{"token":"\#(text).\#(signature)","expires_in":300}"#.utf8))
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
