// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc

/// A token service: signs what is asked for by one who knows the password or has the identity token, and pulls alone
/// for others.
public final class TokenServer: Sendable {
    /// An identity token, as `docker login` keeps it.
    public static let identity = "eyJ.identity/of+user=="

    private let web: WebServer
    var name: String { web.name }
    /// What it was asked so far.
    public var asked: [Asked] { web.asked }

    /// Its key and certificate are made in a folder.
    init(_ folder: String) throws {
        try Shell.run(
            "cd \(folder) && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=issuer -days 2 -keyout issuer.key -out issuer.pem"
        )
        let chain = try Shell.run("openssl x509 -in \(folder)/issuer.pem -outform DER | base64 -w0")
        web = try WebServer { asked in
            // By GET with a password, or by POST with an identity token: the two forms of the specification.
            let isPosted = asked.method == "POST"
            let form =
                isPosted
                ? String(decoding: asked.body, as: UTF8.self)
                : String(asked.target.drop { $0 != "?" }.dropFirst())
            var fields: [(name: String, value: String)] = []
            for part in form.split(separator: "&") {
                let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
                let value = pair.count == 2 ? pair[1] : ""
                fields.append(
                    (
                        pair[0],
                        value.replacing("%3A", with: ":").replacing("%2F", with: "/").replacing(
                            "%2C",
                            with: ","
                        )
                        .replacing("%20", with: " ").replacing("%2B", with: "+").replacing("%3D", with: "=")
                    )
                )
            }
            func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
            let isKnown =
                isPosted
                ? value("grant_type") == "refresh_token" && value("refresh_token") == Self.identity
                    && value("client_id")?.isEmpty == false && value("service") == "test"
                : asked.fields["authorization"] == "Basic dXNlcjpzZWNyZXQ="
            guard isKnown || !isPosted else {
                let why = #"{"error":"invalid_grant","error_description":"the token was taken back"}"#
                return Answer(status: 400, body: Array(why.utf8))
            }
            let scopes = fields.filter { $0.name == "scope" }.flatMap { $0.value.split(separator: " ") }
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
                let signature = try? Shell.run(
                    "printf %s '\(text)' | openssl dgst -sha256 -sign \(folder)/issuer.key | base64 -w0 | tr '+/' '-_' | tr -d ="
                )
            else { return Answer(status: 500) }
            let name = isPosted ? "access_token" : "token"
            return Answer(body: Array(#"{"\#(name)":"\#(text).\#(signature)","expires_in":300}"#.utf8))
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
