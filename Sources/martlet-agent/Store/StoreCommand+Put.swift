// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Glibc
internal import Linux
internal import Objects

extension StoreCommand {
    /// `martlet store put`.
    struct Put: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Bring a file, or a folder with all that is in it, to a store.",
            discussion: """
                Large files go in parts over several connections; a put that was cut goes on where it was when it is \
                given again.
                """
        )
        @OptionGroup var place: Place
        @Flag(help: "One JSON object.") var json = false
        @Argument(help: "What to bring.") var path: String
        @Argument(help: "The key; of a folder, what its files' keys begin with. [the name]") var key: String?

        func run() async throws {
            let store = try place.open()
            let name = self.key ?? String(path.split(separator: "/").last ?? "")
            let files = try FolderWalk(path, as: name).files
            let moved = StoreMoves(name, json: json)
            try await untilInterrupted { scope in
                try moved.each(files) { file, screen in
                    let descriptor = try Descriptor.open(file.path, O_RDONLY | O_NONBLOCK)
                    try store.upload(descriptor, at: file.key, progress: screen, in: scope)
                }
            }
            moved.end()
        }
    }

    /// A file of this node and its key.
    struct LocalFile: Sendable {
        let path: String
        let key: ObjectKey
        let size: Int64
    }

    /// The plain files of a folder; what else is in it is an error.
    struct FolderWalk {
        private(set) var files: [LocalFile] = []

        init(_ path: String, as key: String) throws {
            let status = try Descriptor.open(path, O_RDONLY | O_NONBLOCK).status()
            if status.kind == .directory {
                try visit(path, key.isEmpty || key.hasSuffix("/") ? key : key + "/")
            } else {
                files = [LocalFile(path: path, key: try ObjectKey(key), size: status.size)]
            }
        }

        private mutating func visit(_ path: String, _ prefix: String) throws {
            let folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
            for name in try folder.entries() {
                let place = "\(path)/\(name)"
                guard let text = String(validating: name.bytes, as: UTF8.self),
                    let status = try folder.status(name)
                else {
                    throw ObjectError("put", place, .refused("its name is no UTF-8, or it has gone"))
                }
                switch status.kind {
                case .directory: try visit(place, "\(prefix)\(text)/")
                case .file:
                    files.append(LocalFile(path: place, key: try ObjectKey(prefix + text), size: status.size))
                default:
                    throw ObjectError("put", place, .refused("is no plain file: move it out of the folder"))
                }
            }
        }
    }
}
