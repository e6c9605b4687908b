// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Images that lie ready in a folder, for nodes without a network.
extension ImageStore {
    /// What became of one archive or layout in the folder.
    public struct Preloaded: Sendable {
        /// Its path.
        public let path: String
        /// The images that were taken in, or why there are none.
        public let outcome: Result<[Image], ImageError>
    }

    /// Takes in what is new or changed in a folder: archives and layouts, each by its own names, in the order of their
    /// file names; hidden ones are left out.
    ///
    /// One that fails does not keep the others away, and is tried again the next time.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - trust: Which images may be taken in; nil takes all.
    /// - Returns: What was tried; nothing when there is no such folder.
    /// - Throws: `ImageError` if the folder or the store fails; what one of the archives lacks is its outcome.
    public func preload(from path: String, trust: TrustPolicy? = nil) throws(ImageError) -> [Preloaded] {
        let folder: Descriptor
        do throws(LinuxError) {
            folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
        } catch {
            guard error.errno == ENOENT else { throw ImageError("preload", path, .system(error)) }
            return []
        }
        let known = try readPreloaded()
        var signs: [String] = []
        var outcomes: [Preloaded] = []
        let names = try attempt("preload", path) { () throws(LinuxError) in try folder.entries() }
        for name in names.map(\.description).sorted() where !name.hasPrefix(".") {
            guard let sign = try sign(name, in: folder) else { continue }
            if !known.contains(sign) {
                let file = path + "/" + name
                do throws(ImageError) {
                    outcomes.append(
                        Preloaded(path: file, outcome: .success(try importArchive(file, trust: trust)))
                    )
                } catch {
                    outcomes.append(Preloaded(path: file, outcome: .failure(error)))
                    continue
                }
            }
            signs.append(sign)
        }
        if Set(signs) != known {
            try attempt("preload", path) { () throws(LinuxError) in
                try root.replace(Self.preloaded, with: Array(signs.map { $0 + "\n" }.joined().utf8))
            }
        }
        return outcomes
    }

    private static let preloaded: RawPath = "preloaded"

    /// What tells a file from another of the same name, in one line; nil if it has gone.
    private func sign(_ name: String, in folder: Descriptor) throws(ImageError) -> String? {
        try attempt("preload", name) { () throws(LinuxError) -> String? in
            guard let raw = RawPath(name) else { return nil }
            // A layout changes with its index.
            let index = try folder.status(raw)?.kind == .directory ? RawPath(name + "/index.json") : raw
            guard let status = try index.flatMap({ (path) throws(LinuxError) in try folder.status(path) })
            else {
                return nil
            }
            let shown = name.map { $0.isNewline ? "?" : String($0) }.joined()
            return "\(status.inode) \(status.size) \(status.modified) \(shown)"
        }
    }

    /// The signs of what was taken in before; a list that cannot be read is an empty one.
    private func readPreloaded() throws(ImageError) -> Set<String> {
        do throws(LinuxError) {
            let file = try root.open(Self.preloaded, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
            let text = String(decoding: try file.readAll(limit: Document.maximumBytes), as: UTF8.self)
            return Set(text.split(separator: "\n").map(String.init))
        } catch {
            guard error.errno != ENOENT else { return [] }
            throw ImageError("preload", "the list of what was taken in", .system(error))
        }
    }
}
