// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Glibc
internal import Linux
internal import Logs

// The configs and secrets of a service as files of one start. A secret is read here and goes into the launch
// program, which is memory; nothing of it is kept but a mark, so that the next start reads it anew.

extension Node {
    /// So much in all secrets of a service: they share the launch program with the configs.
    private static let allSecrets = 2 << 20

    /// A config or secret as a file of a container.
    struct GivenFile: Sendable {
        /// `configs.NAME` or `secrets.NAME`.
        let path: String
        let file: ContainerSpec.File
        /// What stands for its content.
        let mark: String

        /// What no line of the container may show of it.
        var secret: LineRules.Secret? {
            guard case .secret(let content) = file.content else { return nil }
            return LineRules.Secret(String(path.drop { $0 != "." }.dropFirst()), content)
        }
    }

    /// The configs and secrets of a service, as they are now.
    func given(_ service: Service, _ app: App, _ subject: String) async throws -> [GivenFile] {
        let configs = try service.configs.map { use in
            guard let config = app.config(use.source) else {
                throw AgentError("start", subject, "config \(use.source) is not in the file")
            }
            return GivenFile(
                path: "configs.\(use.source)",
                file: ContainerSpec.File(use, .plain(Array(config.content.utf8))),
                mark: config.digest
            )
        }
        guard !service.secrets.isEmpty else { return configs }
        let wanted = try service.secrets.map { use in
            guard let secret = app.secret(use.source) else {
                throw AgentError("start", subject, "secret \(use.source) is not in the file")
            }
            return (use: use, secret: secret)
        }
        let reader = secrets, marks = marks
        return try await Thread.run {
            var left = Self.allSecrets
            var known: [String: SecretContent] = [:]
            let secrets = try wanted.map { use, secret in
                // One that is given twice is the same in both places.
                let content = try known[secret.name] ?? Self.content(of: secret, reader, subject)
                known[secret.name] = content
                left -= content.count
                guard left >= 0 else {
                    throw AgentError("start", subject, "all secrets are larger than 2 MiB: use a volume")
                }
                return GivenFile(
                    path: "secrets.\(use.source)",
                    file: ContainerSpec.File(use, .secret(content)),
                    mark: marks.mark(of: content) ?? ""
                )
            }
            return configs + secrets
        }
    }

    private static func content(of secret: Secret, _ reader: SecretReader, _ subject: String)
        throws(AgentError)
        -> SecretContent
    {
        do throws(SecretFault) { return try reader.content(of: secret) } catch {
            throw AgentError("start", subject, "\(error)")
        }
    }

    /// Writes down what the files of an instance hold.
    func note(_ files: [GivenFile], of id: String) throws {
        let contents = Dictionary(files.map { ($0.path, $0.mark) }) { first, _ in first }
        guard let record = instances[id]?.record, record.contents ?? [:] != contents else { return }
        instances[id]?.record.contents = contents
        try instances[id]?.record.save(in: folders.records)
    }

    // MARK: Marks

    /// What stands for the content of each secret of an app now; those that cannot be read are left out, and are not
    /// compared.
    func secretMarks(of app: App) async throws -> [String: String] {
        guard !app.secrets.isEmpty else { return [:] }
        let reader = secrets, marks = marks
        return try await Thread.run {
            var found: [String: String] = [:]
            for secret in app.secrets {
                do throws(SecretFault) {
                    found[secret.name] = marks.mark(of: try reader.content(of: secret))
                } catch {
                    continue  // told by `checkSecrets`, and by the start that needs it
                }
            }
            return found
        }
    }

    /// Refuses a desired state with a secret that cannot be had, before anything is changed for it.
    func checkSecrets(of app: App) async throws {
        guard !app.secrets.isEmpty else { return }
        let reader = secrets
        let fault = try await Thread.run { () -> SecretFault? in
            for secret in app.secrets {
                do throws(SecretFault) { _ = try reader.content(of: secret) } catch { return error }
            }
            return nil
        }
        if let fault {
            let parts = fault.description.split(separator: ": ").map(String.init)
            let remedy = parts.count > 2 ? parts[parts.count - 1] : ""
            let what =
                remedy.isEmpty ? fault.description : String(fault.description.dropLast(remedy.count + 2))
            throw ControlError(.conflict, app.name, what, remedy)
        }
    }
}

extension ContainerSpec.File {
    fileprivate init(_ use: FileUse, _ content: Content) {
        self.init(
            readOnly: content,
            at: use.target,
            uid: use.user,
            gid: use.group,
            mode: UInt32(use.mode)
        )
    }
}
