// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Glibc
internal import Images
internal import Keys
public import Linux

/// Reads secrets where they are, each time anew; of what it gives nothing is kept.
public struct SecretReader: Sendable {
    /// 500 KiB, as for a config.
    public static let largest = 500 << 10
    /// What the encryption adds, and an armor.
    private static let largestFile = 700 << 10

    private let settings: SecretSettings
    private let environment: [String: SecretContent]

    /// Secrets as these settings have them; `environment` holds the variables that were taken out of ours.
    public init(_ settings: SecretSettings, environment: [String: SecretContent]) {
        self.settings = settings
        self.environment = environment
    }

    /// What a secret is now.
    ///
    /// Blocks, for as long as a command may take.
    public func content(of secret: Secret) throws(SecretFault) -> SecretContent {
        switch secret.source {
        case .file(let path): return try file(path, of: secret.name)
        case .credential(let name):
            return try file(try place(.credential(name), of: secret.name), of: secret.name)
        case .age(let text):
            let bytes = Array(text.utf8)
            guard let file = AgeFile.isOne(bytes) ? bytes : Base64.decode(bytes) else {
                throw SecretFault(secret.name, "\(AgeFault.foreign)")
            }
            return try decrypted(file, of: secret.name)
        case .environment(let name):
            if let content = environment[name] { return content }
            let isNamed = settings.environment.contains(name)
            throw SecretFault(
                secret.name,
                isNamed
                    ? "variable \(name) was not set when the agent started: set it in its unit"
                    : "variable \(name) is not under 'secrets.environment' of node.yaml: add it there"
            )
        case .command(let name):
            guard let command = settings.commands[name] else {
                throw SecretFault(
                    secret.name,
                    "command \(name) is not under 'secrets.commands' of node.yaml: add it there"
                )
            }
            return try SecretCommand(command).output(for: secret.name, name)
        }
    }

    /// A file of the node; a link to it is followed, as who changes secrets moves one.
    private func file(_ path: String, of name: String) throws(SecretFault) -> SecretContent {
        let content: SecretContent
        do throws(LinuxError) {
            // Without O_NONBLOCK a fifo would never open.
            let file = try Descriptor.open(
                path,
                O_RDONLY | O_NONBLOCK | O_NOCTTY,
                at: Descriptor.workingDirectory,
                resolve: .noMagicLinks
            )
            guard try file.status().kind == .file else { throw LinuxError("open", path, errno: EISDIR) }
            content = try SecretContent.read(file, limit: Self.largestFile)
        } catch {
            let fault =
                switch error.errno {
                case ENOENT, ENOTDIR: "does not exist: put it on the node"
                case EISDIR: "is not a regular file"
                case EFBIG: "is larger than 500 KiB: use a volume"
                default: "cannot be read: \(error)"
                }
            throw SecretFault(name, "\(path) \(fault)")
        }
        let isAge = content.withBytes { AgeFile.isOne($0) }
        if isAge { return try decrypted(content.withBytes { Array($0) }, of: name, path) }
        guard content.count <= Self.largest else {
            throw SecretFault(name, "\(path) is larger than 500 KiB: use a volume")
        }
        return content
    }

    private func decrypted(_ file: [UInt8], of name: String, _ path: String = "it") throws(SecretFault)
        -> SecretContent
    {
        let identities = try identities(for: name)
        do throws(AgeFault) {
            return try AgeFile(file).content(for: identities, limit: Self.largest)
        } catch {
            throw SecretFault(name, "\(path) \(error)")
        }
    }

    /// Read each time, too: it may have been changed.
    private func identities(for name: String) throws(SecretFault) -> [AgeIdentity] {
        guard let identity = settings.ageIdentity else {
            throw SecretFault(
                name,
                "it is encrypted, and this node has no key: add 'secrets: {age_identity: cred:age}' to node.yaml"
            )
        }
        let path = try place(identity, of: name)
        let file: SecretContent
        do throws(KeyFile.Fault) {
            file = try KeyFile.readSecret(path, limit: AgeIdentity.maximumBytes)
        } catch {
            throw SecretFault(name, "age_identity \(path): \(error)")
        }
        do throws(AgeFault) {
            return try AgeIdentity.read(file)
        } catch {
            throw SecretFault(name, "age_identity \(path) \(error)")
        }
    }

    private func place(_ file: RegistrySettings.File, of name: String) throws(SecretFault) -> String {
        do throws(ImageError) { return try file.place() } catch { throw SecretFault(name, "\(error)") }
    }
}
