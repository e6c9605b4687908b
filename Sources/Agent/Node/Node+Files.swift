// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Linux

// The configs and secrets of a service as files of one start. A secret is read here and goes into the launch
// program, which is memory; nothing of it is kept, so that the next start reads it anew.

extension Node {
    /// 500 KiB, as for a config.
    private static let largestSecret = 500 << 10
    /// So much in all secrets of a service: they share the launch program with the configs.
    private static let allSecrets = 2 << 20

    func given(_ service: Service, _ app: App, _ subject: String) async throws -> [ContainerSpec.File] {
        let configs = try service.configs.map { use in
            guard let config = app.config(use.source) else {
                throw AgentError("start", subject, "config \(use.source) is not in the file")
            }
            return ContainerSpec.File(use, Array(config.content.utf8))
        }
        guard !service.secrets.isEmpty else { return configs }
        let wanted = try service.secrets.map { use in
            guard let secret = app.secret(use.source) else {
                throw AgentError("start", subject, "secret \(use.source) is not in the file")
            }
            return (use: use, secret: secret)
        }
        return try await Thread.run {
            var left = Self.allSecrets
            let secrets = try wanted.map { use, secret in
                let content = try Self.content(of: secret, subject)
                left -= content.count
                guard left >= 0 else {
                    throw AgentError("start", subject, "all secrets are larger than 2 MiB: use a volume")
                }
                return ContainerSpec.File(use, content)
            }
            return configs + secrets
        }
    }

    /// The content of a secret's file; a link to it is followed, as who changes secrets moves one.
    private static func content(of secret: Secret, _ subject: String) throws -> [UInt8] {
        let fault: String
        do throws(LinuxError) {
            // Without O_NONBLOCK a fifo would never open.
            let file = try Descriptor.open(
                secret.path,
                O_RDONLY | O_NONBLOCK,
                at: Descriptor.workingDirectory,
                resolve: .noMagicLinks
            )
            if try file.status().kind == .file { return try file.readAll(limit: largestSecret) }
            fault = "is not a regular file"
        } catch {
            fault =
                switch error.errno {
                case ENOENT, ENOTDIR: "does not exist: put it on the node"
                case EFBIG: "is larger than 500 KiB: use a volume"
                default: "cannot be read: \(error)"
                }
        }
        throw AgentError("start", subject, "secret \(secret.name): \(secret.path) \(fault)")
    }
}

extension ContainerSpec.File {
    fileprivate init(_ use: FileUse, _ content: [UInt8]) {
        self.init(
            readOnly: content,
            at: use.target,
            uid: use.user,
            gid: use.group,
            mode: UInt32(use.mode)
        )
    }
}
