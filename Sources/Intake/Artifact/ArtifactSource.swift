// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Synchronization
internal import Transfer

/// An artifact of a registry: each Compose file in it is an app, and may name its further files.
final class ArtifactSource: Source {
    let kind = "oci"
    private let name: String
    private let reference: String
    private let signers: Signers?
    private let fetch: Artifact.Reader
    /// What was taken last.
    private let last = Mutex<Artifact?>(nil)

    init(name: String, reference: String, signers: Signers?, fetch: @escaping Artifact.Reader) {
        self.name = name
        self.reference = reference
        self.signers = signers
        self.fetch = fetch
    }

    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet? {
        let known = last.withLock { $0 }
        guard let artifact = try fetch(reference, known?.digest, scope) else {
            // Who may sign can have changed without the files.
            guard let known else { return nil }
            for name in known.files.keys.filter(DirectorySource.isApp) {
                do throws(IntakeError) { _ = try signer(of: name, in: known) } catch {
                    last.withLock { $0 = nil }
                    throw error
                }
            }
            return nil
        }
        let directory = AppFile.nowhere(name)
        var apps: [SourcedApp] = []
        for name in artifact.files.keys.filter(DirectorySource.isApp).sorted() {
            let signer = try signer(of: name, in: artifact)
            let file = AppFile(name: name, directory: directory, isOnNode: false)
            apps.append(try file.app(signer: signer, files: access(of: name, in: artifact, directory)))
        }
        let set = try SourceSet(revision: artifact.digest, apps)
        last.withLock { $0 = artifact }
        return set
    }

    private func signer(of name: String, in artifact: Artifact) throws(IntakeError) -> String? {
        guard let signers else { return nil }
        return try signers.signer(
            of: artifact.files[name] ?? [],
            by: artifact.files["\(name).sig"],
            subject: name
        )
    }

    /// Where files must be signed, an app is its one file: a signature is of bytes and not of a name.
    private func access(of app: String, in artifact: Artifact, _ directory: String) -> SourceFiles {
        let isSigned = signers != nil
        return SourceFiles(workingDirectory: directory) { path, limit throws(SourceFiles.Failure) in
            guard path.hasPrefix("\(directory)/") else {
                throw .unreadable("it is outside of the source: put it into the artifact")
            }
            let name = String(path.dropFirst(directory.utf8.count + 1))
            guard let bytes = artifact.files[name] else { throw .absent }
            guard !isSigned || name == app else {
                throw .unreadable("a signed app is one file: put what is in it there")
            }
            guard bytes.count <= limit else { throw .tooLarge }
            return bytes
        }
    }
}
