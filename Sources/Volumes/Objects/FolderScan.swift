// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects

/// The files of a folder that can be objects, and what cannot.
///
/// What is in it belongs to a container: no symbolic link is followed, and nothing is opened but folders.
struct FolderScan {
    /// By their paths.
    private(set) var files: [TreePath: FileMark] = [:]
    /// What is left out, and why.
    private(set) var refusals: [TreePath: String] = [:]

    private let place: ObjectPlace

    init(_ root: Descriptor, for place: ObjectPlace) throws(VolumeError) {
        self.place = place
        try visit(root, .root)
    }

    private mutating func visit(_ folder: Descriptor, _ path: TreePath) throws(VolumeError) {
        do {
            for name in try folder.entries() {
                guard let below = path.appending(name.bytes) else {
                    refusals[path] = "paths below it are too long for keys"
                    continue
                }
                try look(name, in: folder, below)
            }
        } catch { throw VolumeError("read", path.description, of: error) }
    }

    private mutating func look(_ name: RawPath, in folder: Descriptor, _ path: TreePath) throws {
        guard let status = try folder.status(name) else { return }
        switch status.kind {
        case .file, .directory: break
        case .link:
            refusals[path] = "is a symbolic link, and no object can be one"
            return
        // They mean nothing elsewhere.
        case .fifo, .socket, .characterDevice, .blockDevice, .unknown: return
        }
        do throws(ObjectError) { _ = try place.key(path) } catch {
            refusals[path] = "has no key: \(error.reason)"
            return
        }
        guard status.kind == .directory else {
            guard files.count < ObjectState.mostFiles else {
                throw VolumeError("read", "/", .refused("has more than \(ObjectState.mostFiles) files"))
            }
            files[path] = FileMark(status)
            return
        }
        let below: Descriptor
        do throws(LinuxError) {
            below = try folder.open(
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR: return  // it went meanwhile
            case EXDEV, ELOOP:
                refusals[path] = "is another file system, or a link"
                return
            default: throw error
            }
        }
        try visit(below, path)
    }
}

extension VolumeError {
    /// Whatever was thrown, as the failure of an operation.
    init(_ operation: String, _ subject: String, of error: any Error) {
        switch error {
        case let error as VolumeError: self = error
        case let error as ObjectError:
            self.init(operation, subject, error.cause == .cancelled ? .cancelled : .store(error))
        case let error as LinuxError: self.init(operation, subject, .system(error))
        default: self.init(operation, subject, .refused("\(error)"))
        }
    }
}
