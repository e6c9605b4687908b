// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Volumes

/// Where the files of one volume are on this node, and which version of it they go on from.
///
/// `data` is what containers see, `stored.json` beside it the mark. Every call blocks.
struct VolumeFolder: Sendable {
    /// What the files go on from: a record of the log in a store.
    struct Mark: Codable, Equatable, Sendable {
        var store: String
        /// Who wrote it.
        var owner: [UInt8]
        var sequence: UInt64
        /// All files are on the disk as that record has them, and nobody wrote since; nil if not.
        var isSettled: Bool?
    }

    private static let markName = "stored.json"

    /// The folder of the app.
    let app: String
    let name: String

    private var path: String { "\(app)/\(name)" }
    /// The directory of the files.
    var dataPath: String { "\(path)/data" }
    private var fresh: String { "\(app)/.\(name).new" }

    /// The directory of the files; nil if there is none yet.
    func data() throws(LinuxError) -> Descriptor? {
        do throws(LinuxError) {
            return try Descriptor.open(dataPath, O_DIRECTORY | O_RDONLY | O_NOFOLLOW)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    /// The mark that was left for this store; nil if there is none that can be read.
    func mark(of store: String) -> Mark? {
        guard let bytes = try? Folders.read("\(path)/\(Self.markName)", limit: 65_536),
            let mark = try? JSONDecoder().decode(Mark.self, from: Data(bytes)), mark.store == store
        else { return nil }
        return mark
    }

    /// The folder that has the files.
    func opened() throws -> Descriptor {
        try Descriptor.open(Folders.make(path), O_DIRECTORY | O_RDONLY | O_NOFOLLOW)
    }

    /// What was kept beside the files under a name; nil if there is none that can be read.
    func kept(_ name: String, limit: Int) -> [UInt8]? {
        try? Folders.read("\(path)/\(name)", limit: limit)
    }

    /// Keeps something beside the files.
    func keep(_ bytes: [UInt8], as name: String) throws {
        try Folders.replace(name, in: Folders.make(path), with: bytes)
    }

    /// Leaves a mark.
    func save(_ mark: Mark) throws { try save(mark, in: Folders.make(path)) }

    private func save(_ mark: Mark, in folder: String) throws {
        try Folders.replace(Self.markName, in: folder, with: Array(JSONEncoder().encode(mark)))
    }

    /// Has `make` fill an empty directory and puts it, with its mark, in the place of what is here.
    ///
    /// - Parameters:
    ///   - mark: What it goes on from.
    ///   - isSeeded: Whether owner and mode of the directory are those of a version, and not the image's.
    ///   - make: Fills the directory.
    /// - Returns: Where what was here is now; nil if there was nothing.
    /// - Throws: What `make` throws, or what kept it from its place.
    func replace(_ mark: Mark, isSeeded: Bool = true, with make: (Descriptor) throws -> Void) throws
        -> String?
    {
        try Folders.removeTree(fresh)
        let data = try Folders.make("\(fresh)/data")
        do {
            if !isSeeded { try Folders.replace(VolumeStore.unseeded, in: fresh, with: []) }
            try make(Descriptor.open(data, O_DIRECTORY | O_RDONLY))
            try save(mark, in: fresh)
            let aside = try setAside()
            try check("rename", path, rename(fresh, path))
            return aside
        } catch {
            try? Folders.removeTree(fresh)  // the first failure is told
            throw error
        }
    }

    /// What has no files is no loss.
    private func setAside() throws -> String? {
        guard try data() != nil else {
            try Folders.removeTree(path)
            return nil
        }
        let stamp = Timestamp.text(Timestamp.now()).filter { $0.isASCII && ($0.isNumber || $0 == "T") }
        let aside = "\(app)/.\(name).\(stamp)"
        try check("rename", path, rename(path, aside))
        return aside
    }
}
