// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Keys
internal import Objects
internal import Transfer

extension StoreCommand {
    /// `martlet store get`.
    struct Get: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Bring an object, or all below a key that ends with a slash, from a store.",
            discussion: """
                A file takes its name once it is whole; that its disk has it, too, is made sure of with --sync alone.
                """
        )
        @OptionGroup var place: Place
        @Flag(help: "One JSON object.") var json = false
        @Flag(help: "Wait until the disk has each file before it takes its name.") var sync = false
        @Option(help: "The SHA-256 that the object must have, in hexadecimal digits.") var sha256: String?
        @Argument(help: "The key; with a slash at its end, what keys begin with.") var key: String
        @Argument(help: "The file, or the folder. [the key's last part]") var path: String?

        func run() async throws {
            let hash = try sha256.map { text throws in
                guard let hash = HashFunction.bytes(ofHex: text), hash.count == 32 else {
                    throw ValidationError("--sha256: '\(text)' is not 64 hexadecimal digits")
                }
                return hash
            }
            let isFolder = key.isEmpty || key.hasSuffix("/")
            guard !isFolder || hash == nil else { throw ValidationError("--sha256 is about one object") }
            let store = try place.open(), key = key
            let path = path ?? String(key.split(separator: "/").last ?? ".")
            let moved = StoreMoves(key, json: json)
            try await untilInterrupted { scope in
                let files =
                    isFolder
                    ? try Self.below(key, path, store, scope)
                    : [LocalFile(path: path, key: try ObjectKey(key), size: 0)]
                let drafts = Drafts(synchronized: sync)
                let result = Result {
                    try moved.each(files) { file, screen in
                        let draft = try Draft(file.path, inFolders: isFolder)
                        _ = try store.download(
                            file.key,
                            to: draft.file,
                            sha256: hash,
                            progress: screen,
                            in: scope
                        )
                        drafts.add(draft)
                    }
                }
                // Also where others failed.
                try drafts.finish()
                try result.get()
            }
            moved.end()
        }

        private static func below(
            _ prefix: String,
            _ path: String,
            _ store: any ObjectStore,
            _ scope: TransferScope
        ) throws -> [LocalFile] {
            var found: [LocalFile] = []
            var after: ObjectKey?
            repeat {
                let page = try store.list(prefix, after: after, limit: 1_000, in: scope)
                for entry in page.entries {
                    // By bytes: a letter may begin with the slash.
                    let name = String(
                        decoding: entry.key.text.utf8.dropFirst(prefix.utf8.count),
                        as: UTF8.self
                    )
                    found.append(
                        LocalFile(path: "\(path)/\(name)", key: entry.key, size: entry.status.size)
                    )
                }
                after = page.next
            } while after != nil
            guard !found.isEmpty else { throw ObjectError("get", prefix, .absent) }
            return found
        }
    }
}
