// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Synchronization

/// The files of a directory of a commit, as a project asks for them.
final class GitFiles: Sendable {
    private let objects: GitObjects
    private let root: [String: GitObjects.Entry]
    private let directory: String
    private let fault = Mutex<IntakeError?>(nil)

    init(_ objects: GitObjects, root: [String: GitObjects.Entry], directory: String) {
        self.objects = objects
        self.root = root
        self.directory = directory
    }

    /// Why a file could not be read, which is no fault of the project's.
    var failure: IntakeError? { fault.withLock { $0 } }

    /// Access by paths below the directory.
    var files: SourceFiles {
        SourceFiles(workingDirectory: directory) { [self] path, limit throws(SourceFiles.Failure) in
            guard path.hasPrefix("\(directory)/") else {
                throw .unreadable("it is outside of the source: put it into the repository")
            }
            do throws(IntakeError) {
                guard let bytes = try content(path.dropFirst(directory.count + 1)) else {
                    throw IntakeError(.refused, "", "")
                }
                guard bytes.count <= limit else { throw IntakeError(.busy, "", "") }
                return bytes
            } catch {
                switch error {
                case IntakeError(.refused, "", ""): throw .absent
                case IntakeError(.busy, "", ""): throw .tooLarge
                default:
                    fault.withLock { $0 = error }
                    throw .unreadable(error.cause)
                }
            }
        }
    }

    private func content(_ path: Substring) throws(IntakeError) -> [UInt8]? {
        let parts = path.split(separator: "/").map(String.init)
        var entries = root
        for part in parts.dropLast() {
            guard let entry = entries[part], entry.isTree else { return nil }
            entries = try objects.entries(entry.name)
        }
        guard let last = parts.last, let entry = entries[last], entry.isFile else { return nil }
        return try objects.content(.blob, entry.name)
    }
}
