// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Objects
internal import TestKit
internal import Transfer

/// A real Keystone, and a proxy of the one Swift that takes its tokens; one for all tests of this program.
///
/// Its catalog has the proxy in region `eu-1`, and somewhere else in `us-1`.
final class KeystoneServer: Sendable {
    static let shared = Result { try KeystoneServer(SwiftServer.shared.get()) }

    let swift: SwiftServer
    /// Its address with `/v3`.
    let url: TransferURL
    /// Of a user `node` with the password `secret`, who may use the store of the project `files`.
    let user: String
    let project: String
    private let server: SharedServer

    private init(_ swift: SwiftServer) throws {
        self.swift = swift
        let port = try LoopbackServer.freePort(), proxy = try LoopbackServer.freePort()
        let root = "http://127.0.0.1:\(port)"
        url = try TransferURL("\(root)/v3")
        let start = SwiftServer.proxy(
            "proxy",
            proxy,
            in: SwiftServer.place,
            identity: "authtoken keystoneauth",
            """
            [filter:authtoken]
            paste.filter_factory = keystonemiddleware.auth_token:filter_factory
            auth_type = password
            auth_url = \(root)
            interface = public
            delay_auth_decision = true
            username = admin
            password = secret
            user_domain_id = default
            project_name = admin
            project_domain_id = default
            [filter:keystoneauth]
            use = egg:swift#keystoneauth
            reseller_prefix = KEY
            operator_roles = member
            """
        )
        server = try SharedServer(
            """
            \(start)
            cp -r \(SwiftServer.absolute)/keystone/. .
            OS_KEYSTONE_CONFIG_DIR=. OS_KEYSTONE_CONFIG_FILES=keystone.conf exec \(SwiftServer.python) -c '
            from socketserver import ThreadingMixIn
            from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
            import sys
            class Server(ThreadingMixIn, WSGIServer):
                daemon_threads = True
            class Quiet(WSGIRequestHandler):
                def log_message(self, *words): pass
            sys.argv = ["keystone"]
            from keystone.server.wsgi import initialize_public_application
            make_server("127.0.0.1", \(port), initialize_public_application(), Server, Quiet).serve_forever()
            '
            """,
            in: "/var/tmp/martlet-objects-\(getpid())-keystone",
            ready: "curl -sf \(root)/v3 && curl -sf http://127.0.0.1:\(proxy)/info"
        )
        let words = try Shell.run(
            """
            python3 - <<E
            \(Self.questions(root))
            admin = token("admin", "secret", "admin")
            # Its own address is not that of when its database was made.
            for endpoint in ask("GET", "endpoints", admin)["endpoints"]:
                ask("PATCH", "endpoints/" + endpoint["id"], admin, {"endpoint": {"url": "\(root)/v3"}})
            ask("POST", "regions", admin, {"region": {"id": "us-1"}})
            service = ask("POST", "services", admin, {"service": {"type": "object-store"}})["service"]["id"]
            for interface, region, port in (("public", "eu-1", \(proxy)), ("public", "us-1", 1), ("internal", "eu-1", \(proxy))):
                url = "http://127.0.0.1:%d/v1/KEY_%%(project_id)s" % port
                ask("POST", "endpoints", admin, {"endpoint": {
                    "interface": interface, "region_id": region, "service_id": service, "url": url}})
            project = ask("POST", "projects", admin, {"project": {"name": "files", "domain_id": "default"}})["project"]["id"]
            user = ask("POST", "users", admin, {"user": {"name": "node", "password": "secret"}})["user"]["id"]
            role = ask("GET", "roles?name=member", admin)["roles"][0]["id"]
            ask("PUT", "projects/%s/users/%s/roles/%s" % (project, user, role), admin)
            print(user, project)
            E
            """
        ).split(whereSeparator: \.isWhitespace).map(String.init)
        (user, project) = (words[0], words[1])
    }

    /// Python that asks it.
    private static func questions(_ root: String) -> String {
        """
        import json, urllib.request
        def send(method, path, body=None, token=""):
            request = urllib.request.Request("\(root)/v3/" + path, json.dumps(body).encode() if body else None, method=method,
                headers={"Content-Type": "application/json", "X-Auth-Token": token, "X-Subject-Token": token})
            return urllib.request.urlopen(request)
        def ask(method, path, token, body=None):
            text = send(method, path, body, token).read()
            return json.loads(text) if text else None
        def token(user, password, project):
            domain = {"id": "default"}
            who = {"user": {"name": user, "domain": domain, "password": password}}
            return send("POST", "auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": who},
                "scope": {"project": {"name": project, "domain": domain}}}}).headers["X-Subject-Token"]
        """
    }

    /// A new application credential of its user: id, name and secret.
    func application() throws -> (id: String, name: String, secret: String) {
        let words = try Shell.run(
            """
            python3 - <<E
            \(Self.questions(String(url.description.dropLast(3))))
            import uuid
            credential = ask("POST", "users/\(user)/application_credentials", token("node", "secret", "files"),
                {"application_credential": {"name": uuid.uuid4().hex}})["application_credential"]
            print(credential["id"], credential["name"], credential["secret"])
            E
            """
        ).split(whereSeparator: \.isWhitespace).map(String.init)
        return (words[0], words[1], words[2])
    }

    /// Takes a token back.
    func revoke(_ token: SwiftToken) throws {
        try Shell.run(
            "curl -sf -X DELETE -H X-Auth-Token:\(token.text) -H X-Subject-Token:\(token.text) \(url)/auth/tokens"
        )
    }

    /// Who gives its tokens for credentials in JSON.
    func identity(_ words: String, _ choice: Keystone.Choice = Keystone.Choice(region: "eu-1")) -> Keystone {
        Keystone(
            url,
            choice,
            swift.client,
            SwiftCredentialSource("auth") { SwiftCredentials(json: Array(words.utf8)) },
            trust: { () throws(ObjectError) in TransferTrust() }
        )
    }

    /// A store in a container of its own, which is made.
    func store(_ identity: any SwiftIdentity) -> SwiftStore {
        SwiftStore(swift.container(), makesContainer: true, client: swift.client, identity: identity)
    }
}
