// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `api` of a node file.
@Suite struct APISettingsTests {
    private func problems(_ api: String) -> [String] {
        do throws(Report) {
            _ = try NodeSettings.decode(yaml: "format: 1\napi: \(api)\n", file: "node.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `everything that may be said is read`() throws {
        let yaml = """
            format: 1
            trust: {signers: {team: {ssh_allowed: /etc/martlet/allowed_signers}}}
            sources: [{name: repo, git: {url: "https://git.example.net/a.git"}, hook: "cred:hook"}]
            api:
              socket: /run/martlet/a.sock
              group: martlet-readers
              listen: "[::]:7443"
              tls: { cert: cred:api.crt, key: cred:api.key, client_ca: /etc/ca.pem, crl: /etc/crl.pem }
              tokens: /etc/martlet/tokens
              verify: team
              roles: { read: ["OU=viewers"], deploy: ["CN=ci"], admin: ["OU=ops", "OU=on call"] }
            """
        let settings = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
        let api = settings.api
        #expect(api.socket == "/run/martlet/a.sock" && api.group == "martlet-readers")
        #expect(api.listener?.address.description == "::" && api.listener?.port == 7443)
        #expect(api.listener?.tls.certificate == .credential("api.crt"))
        #expect(api.listener?.tls.key == .credential("api.key"))
        #expect(api.listener?.tls.clientAuthority == .path("/etc/ca.pem"))
        #expect(api.listener?.tls.revocations == .path("/etc/crl.pem"))
        #expect(api.tokens == .path("/etc/martlet/tokens") && api.verify == "team")
        #expect(
            api.roles == [
                .read: [.init(.organizationalUnit, "viewers")], .deploy: [.init(.commonName, "ci")],
                .admin: [.init(.organizationalUnit, "ops"), .init(.organizationalUnit, "on call")],
            ]
        )
        #expect(settings.sources.first?.hook == .credential("hook"))
    }

    @Test(arguments: [
        ("{listen: '127.0.0.1:7443'}", "says not what the node proves itself with"),
        ("{listen: '127.0.0.1:7443', tls: {cert: /a, key: /b}}", "nobody could prove who they are"),
        (
            "{listen: '127.0.0.1:7443', tls: {cert: /a, key: /b, client_ca: /c}}",
            "no certificate gives a role"
        ),
        (
            "{listen: '127.0.0.1:7443', tls: {cert: /a, key: /b}, tokens: /t, roles: {read: [CN=a]}}",
            "nobody vouches for clients"
        ),
        ("{listen: '127.0.0.1:7443', tls: {key: /b}, tokens: /t}", "'cert' is missing"),
        ("{listen: '127.0.0.1:7443', tls: {cert: /a}, tokens: /t}", "'key' is missing"),
        (
            "{listen: '127.0.0.1:7443', tls: {cert: /a, key: /b, crl: /c}, tokens: /t}",
            "means nothing without 'client_ca'"
        ),
        ("{listen: '7443', tls: {cert: /a, key: /b}, tokens: /t}", "is not an address and a port"),
        ("{listen: '::1:7443', tls: {cert: /a, key: /b}, tokens: /t}", "is not an address and a port"),
        (
            "{listen: 'node.example:7443', tls: {cert: /a, key: /b}, tokens: /t}",
            "is not an address and a port"
        ),
        ("{listen: '127.0.0.1:0', tls: {cert: /a, key: /b}, tokens: /t}", "is not an address and a port"),
        ("{tls: {cert: /a, key: /b}}", "means nothing without 'listen'"),
        ("{tokens: /t}", "means nothing without 'listen'"),
        ("{roles: {read: [CN=a]}}", "means nothing without 'listen'"),
        ("{group: 'a b'}", "is not the name of a group"),
        ("{verify: team}", "'team' is not under trust.signers"),
        ("{port: 1}", "unknown key"),
    ])
    func `what cannot be meant is refused`(_ text: String, _ words: String) {
        let found = problems(text)
        #expect(found.count == 1 && found.first?.contains(words) == true, "\(found)")
    }

    @Test(arguments: ["O=ops", "CN=", "CN", "cn=ci", "ops", "CN=\(String(repeating: "a", count: 65))"])
    func `a subject is CN or OU and a value`(_ subject: String) {
        let found = problems(
            "{listen: '127.0.0.1:7443', tls: {cert: /a, key: /b, client_ca: /c}, roles: {read: ['\(subject)']}}"
        )
        #expect(found.count == 1 && found.first?.contains("is not whose certificate") == true, "\(found)")
    }
}
