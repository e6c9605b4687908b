// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Transfer

/// A directory of this node: each Compose file in it is an app, and may name further files below the directory.
struct DirectorySource: Source {
    private static let maximumFiles = 1_000
    private static let attempts = 5
    private static let endings = [".yaml", ".yml", ".json"]

    let kind = "dir"
    private let path: String
    private let signers: Signers?
    private let watch: DirectoryWatch

    init(path: String, signers: Signers?) throws(LinuxError) {
        self.path = path
        self.signers = signers
        watch = try DirectoryWatch(path: path)
    }

    /// Whether an entry of the directory is an app: editors leave others behind.
    static func isApp(_ name: String) -> Bool {
        !name.hasPrefix(".") && endings.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }

    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet? {
        // What is changed between two looks is read again; what does not stand still is not taken.
        for _ in 0..<Self.attempts {
            let (directory, isOurs) = try opened()
            let names = try apps(in: directory)
            let files = DirectoryFiles(path, directory, signers: signers, isOurs: isOurs)
            var apps: [SourcedApp] = []
            for name in names {
                let signer = try files.take(name)
                let file = AppFile(name: name, directory: path, isOnNode: isOurs)
                apps.append(try file.app(signer: signer, files: files.access(of: name)))
            }
            watch.cover(files.directories)
            if try self.apps(in: directory) == names, files.isUnchanged() {
                return try SourceSet(revision: files.revision, apps)
            }
        }
        throw IntakeError(.busy, path, "changes while it is read")
    }

    func wait(atMost pause: Duration) async { await watch.wait(atMost: pause) }

    private func opened() throws(IntakeError) -> (Descriptor, isOurs: Bool) {
        let directory: Descriptor
        let status: FileStatus
        do throws(LinuxError) {
            directory = try Descriptor.open(path, O_DIRECTORY | O_RDONLY)
            status = try directory.status()
        } catch {
            switch error.errno {
            case ENOENT: throw IntakeError(.unreachable, path, "does not exist: make it, or mount it")
            case ENOTDIR: throw IntakeError(.refused, path, "not a directory: name one")
            default: throw IntakeError(.unreachable, "", "\(error)")
            }
        }
        guard signers != nil || DirectoryFiles.isOurs(status) else {
            throw IntakeError(.refused, path, DirectoryFiles.foreign)
        }
        return (directory, DirectoryFiles.isOurs(status))
    }

    private func apps(in directory: Descriptor) throws(IntakeError) -> [String] {
        let names: [RawPath]
        do throws(LinuxError) {
            // Opened anew: a second reading of the same open file would begin at its end.
            names = try Descriptor.open(".", O_DIRECTORY | O_RDONLY, at: directory.number).entries()
        } catch {
            throw IntakeError(.unreachable, path, "\(error)")
        }
        let apps = names.map(\.description).filter(Self.isApp).sorted()
        guard apps.count <= Self.maximumFiles else {
            throw IntakeError(.refused, path, "more than \(Self.maximumFiles) files: make several sources")
        }
        return apps
    }
}
