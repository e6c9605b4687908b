// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// Who asks for a token: the words that OpenStack's own tools have below `auth` in `clouds.yaml`.
///
/// Its description, and so a message, has no secret.
public struct SwiftCredentials: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// `username`, `password`, `project_name`, ...
    let words: [String: String]

    /// Those that mean something.
    static let names: Set<String> = [
        "user_id", "username", "user_domain_id", "user_domain_name", "password", "project_id", "project_name",
        "project_domain_id", "project_domain_name", "domain_id", "domain_name", "application_credential_id",
        "application_credential_name", "application_credential_secret",
    ]
    private static let maximumBytes = 64 << 10
    private static let maximumWord = 4_096

    /// A JSON object of such words; nil for what is none, or has others.
    public init?(json bytes: [UInt8]) {
        // What is wrong with it may hold the password: nobody is told.
        guard bytes.count <= Self.maximumBytes,
            let words = try? JSONDecoder().decode([String: String].self, from: Data(bytes)),
            Self.names.isSuperset(of: words.keys)
        else { return nil }
        self.init(words)
    }

    /// The variables `OS_USERNAME`, `OS_PASSWORD` and their like; nil if there are none.
    public init?(environment: [String: String]) {
        var words: [String: String] = [:]
        for name in Self.names {
            if let value = environment["OS_" + name.uppercased()], !value.isEmpty { words[name] = value }
        }
        self.init(words)
    }

    private init?(_ words: [String: String]) {
        let isFine = words.values.allSatisfy {
            (1...Self.maximumWord).contains($0.utf8.count) && $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        guard isFine, !words.isEmpty else { return nil }
        self.words = words
    }

    subscript(name: String) -> String? { words[name] }

    /// No more than what it is.
    public var description: String { "credentials" }
    /// No more than what it is.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials come from: they are read anew for each token.
public struct SwiftCredentialSource: Sendable {
    private let name: String
    private let read: @Sendable () throws -> SwiftCredentials?

    /// - Parameters:
    ///   - name: What it is called in messages.
    ///   - read: The credentials; nil for what has none; throws with the remedy.
    public init(_ name: String, read: @escaping @Sendable () throws -> SwiftCredentials?) {
        self.name = name
        self.read = read
    }

    /// The credentials of now.
    func credentials() throws(ObjectError) -> SwiftCredentials {
        let credentials: SwiftCredentials?
        do { credentials = try read() } catch { throw ObjectError("read", name, .unavailable("\(error)")) }
        guard let credentials else {
            let example =
                #"{"username": "...", "password": "...", "user_domain_name": "Default", "#
                + #""project_name": "...", "project_domain_name": "Default"}"#
            throw ObjectError("read", name, .refused("has no credentials of OpenStack: write \(example)"))
        }
        return credentials
    }
}
