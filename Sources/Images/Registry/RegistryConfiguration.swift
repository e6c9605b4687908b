// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Glibc
public import Transfer

/// How a node talks to registries.
public struct RegistryConfiguration: Sendable {
    /// What is said about some of them; the longest prefix that fits counts.
    public var registries: [RegistrySettings] = []
    /// Files with user names and passwords, as `docker login` writes them; the first that knows one counts.
    public var credentialFiles: [String] = []
    /// Layers of one image that are fetched at a time.
    public var layersAtOnce = 3
    /// How failures are met.
    public var retry = RetryPolicy()
    /// What one answer may cost.
    public var limits = TransferLimits()
    /// Blobs larger than this are sent in parts of this size.
    public var partBytes: Int64 = 256 << 20

    /// Nothing in particular: registries are asked by TLS and without a name.
    public init() {}

    /// What a node file says about registries, and the credential files that the process has besides.
    ///
    /// Throws when a systemd credential is named and there are none.
    public init(_ registries: [RegistrySettings]) throws(ImageError) {
        for registry in registries {
            _ = try registry.credentials?.place()
            _ = try registry.authorities?.place()
        }
        self.registries = registries
        credentialFiles = Self.usualCredentialFiles
    }

    /// The files that a user or a unit has for this: the systemd credential `registry.json`, then what the tools
    /// of the field write.
    public static var usualCredentialFiles: [String] {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        return [
            variable("CREDENTIALS_DIRECTORY").map { $0 + "/registry.json" },
            variable("REGISTRY_AUTH_FILE"),
            variable("XDG_RUNTIME_DIR").map { $0 + "/containers/auth.json" },
            variable("DOCKER_CONFIG").map { $0 + "/config.json" }
                ?? variable("HOME").map {
                    $0 + "/.docker/config.json"
                },
        ].compactMap(\.self)
    }

    /// The settings of the longest prefix that covers a name.
    func settings(for name: String) -> RegistrySettings? {
        registries.map { ($0, RepositoryPrefix($0.prefix)) }.filter { $0.1.covers(name: name) }
            .max { $0.1.text.utf8.count < $1.1.text.utf8.count }?.0
    }
}

extension RegistrySettings.File {
    /// Where it is; a credential is below what systemd gave the process.
    public func place() throws(ImageError) -> String {
        switch self {
        case .path(let path): return path
        case .credential(let name):
            guard let folder = getenv("CREDENTIALS_DIRECTORY") else {
                throw ImageError(
                    "read",
                    "cred:\(name)",
                    .malformed(
                        "the process has no systemd credentials: add LoadCredential=\(name):PATH to its unit"
                    )
                )
            }
            return String(cString: folder) + "/" + name
        }
    }
}
