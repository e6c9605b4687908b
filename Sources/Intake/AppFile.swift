// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// A Compose file of a source, and where its relative paths lead.
struct AppFile {
    /// Its name in the source.
    let name: String
    /// The directory of the source; one that is not on the node is a name that no path can have.
    let directory: String
    /// Whether the directory is on the node and nobody else's, so that an app may be given what is in it.
    let isOnNode: Bool

    /// Below a file there is nothing.
    static func nowhere(_ source: String) -> String { "/dev/null/\(source)" }

    /// Reads the app; `files` gives its bytes, verified, and those of the files that it names.
    func app(signer: String?, files: SourceFiles) throws(IntakeError) -> SourcedApp {
        do throws(Report) {
            let project = try Project.load(file: name, directory: directory, sources: files)
            let app = try project.app()
            if let path = lost(app) {
                throw Report([
                    .init(
                        file: name,
                        line: 1,
                        column: 1,
                        path: "",
                        what: "'\(path.dropFirst(directory.count + 1))' leads nowhere",
                        remedy:
                            "only a directory of the node that others cannot write to has relative paths: write an absolute one, or encrypt a secret as NAME.age"
                    )
                ])
            }
            return SourcedApp(app: app, model: project.json, file: name, digest: app.digest, signer: signer)
        } catch {
            let more = error.problems.count - 1
            let rest = more > 0 ? " (and \(more) more: see `martlet validate`)" : ""
            throw IntakeError(.refused, "", "\(error.problems[0])\(rest)")
        }
    }

    /// A path of the node that would be in a directory which is not there.
    private func lost(_ app: App) -> String? {
        guard !isOnNode else { return nil }
        let binds = app.workloads.flatMap(\.mounts).compactMap { mount -> String? in
            if case .bind(let path, _) = mount.source { path } else { nil }
        }
        let secrets = app.secrets.compactMap { secret -> String? in
            if case .file(let path) = secret.source { path } else { nil }
        }
        return (binds + secrets).first { $0 == directory || $0.hasPrefix(directory + "/") }
    }
}
