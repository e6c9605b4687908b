// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// What the identity service is asked (Identity API v3, authentication).
struct KeystoneQuestion: Encodable {
    struct Domain: Encodable {
        var id: String?
        var name: String?
    }

    struct User: Encodable {
        var id: String?
        var name: String?
        var domain: Domain?
        var password: String?
    }

    struct Project: Encodable {
        var id: String?
        var name: String?
        var domain: Domain?
    }

    struct Application: Encodable {
        var id: String?
        var name: String?
        var secret: String
        var user: User?
    }

    struct Password: Encodable {
        var user: User
    }

    struct Identity: Encodable {
        var methods: [String]
        var password: Password?
        var applicationCredential: Application?
    }

    struct Scope: Encodable {
        var project: Project?
        var domain: Domain?
    }

    struct Auth: Encodable {
        var identity: Identity
        /// An application credential has its project already.
        var scope: Scope?
    }

    let auth: Auth

    /// The bytes of the question for credentials; throws if they are not enough.
    static func json(for words: SwiftCredentials, _ call: StoreCall) throws(ObjectError) -> [UInt8] {
        let question = try KeystoneQuestion(words, call)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard let data = try? encoder.encode(question) else {
            throw call.error(.refused("the credentials under auth cannot be written as JSON"))
        }
        return Array(data)
    }

    private init(_ words: SwiftCredentials, _ call: StoreCall) throws(ObjectError) {
        func missing(_ what: String) -> ObjectError {
            call.error(.refused("the credentials under auth have no \(what)"))
        }
        func domain(_ kind: String) -> Domain? {
            let domain = Domain(id: words["\(kind)_id"], name: words["\(kind)_name"])
            return domain.id == nil && domain.name == nil ? nil : domain
        }
        func user() throws(ObjectError) -> User {
            if let id = words["user_id"] { return User(id: id) }
            guard let name = words["username"] else { throw missing("username or user_id") }
            guard let domain = domain("user_domain") else {
                throw missing("user_domain_name or user_domain_id")
            }
            return User(name: name, domain: domain)
        }
        if let secret = words["application_credential_secret"] {
            var application = Application(id: words["application_credential_id"], secret: secret)
            if application.id == nil {
                guard let name = words["application_credential_name"] else {
                    throw missing("application_credential_id or application_credential_name")
                }
                application.name = name
                application.user = try user()
            }
            auth = Auth(
                identity: Identity(methods: ["application_credential"], applicationCredential: application)
            )
            return
        }
        var user = try user()
        guard let password = words["password"] else {
            throw missing("password or application_credential_secret")
        }
        user.password = password
        var scope = Scope()
        if let id = words["project_id"] {
            scope.project = Project(id: id)
        } else if let name = words["project_name"] {
            guard let domain = domain("project_domain") else {
                throw missing("project_domain_name or project_domain_id")
            }
            scope.project = Project(name: name, domain: domain)
        } else {
            guard let domain = domain("domain") else { throw missing("project_name or project_id") }
            scope.domain = domain
        }
        auth = Auth(
            identity: Identity(methods: ["password"], password: Password(user: user)),
            scope: scope
        )
    }
}
