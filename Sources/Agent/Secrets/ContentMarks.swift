// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
public import Linux

/// What stands for the content of a secret on record: a hash with a key of this node.
///
/// The key is in the runtime folder alone: nobody can guess a secret from what the state folder has, and without the
/// key all marks are void.
public struct ContentMarks: Sendable {
    private static let file = "secret.key"

    private let hash: KeyedHash
    /// What marks of this key begin with.
    private let prefix: String

    /// The key of a runtime folder, made if there is none.
    public init(runtime: String) throws {
        let path = "\(runtime)/\(Self.file)"
        var key: SecretContent?
        do throws(LinuxError) {
            let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            key = try SecretContent.read(file, limit: 32)
        } catch {
            guard [ENOENT, ELOOP, EFBIG].contains(error.errno) else { throw error }
        }
        if key?.count != 32 { key = try Self.made(in: runtime) }
        guard let key else { throw AgentError("make", path, "the kernel gives no random numbers") }
        hash = KeyedHash(key: key)
        let name = Array("key".utf8).withUnsafeBytes { SecretContent($0) }
        prefix = "hmac-sha256:\((hash.hex(name) ?? "").prefix(8)):"
    }

    private static func made(in runtime: String) throws -> SecretContent? {
        guard let key = KeyedHash.randomKey() else { return nil }
        try Folders.replace(file, in: runtime, with: key)
        return key
    }

    /// The mark of a content; nil if libcrypto refuses.
    public func mark(of content: SecretContent) -> String? { hash.hex(content).map { prefix + $0 } }

    /// Marks of configs, and those of secrets that were made with this key.
    public func valid(_ contents: [String: String]) -> [String: String] {
        contents.filter { !$0.key.hasPrefix("secrets.") || $0.value.isEmpty || $0.value.hasPrefix(prefix) }
    }
}
