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
        /// All files are on the disk as they are, and nobody wrote since: as that record has them, unless they were left;
        /// nil if not.
        var isSettled: Bool?
        /// They changed behind that record, and the store could not be told; nil if not.
        var isLeft: Bool?
        /// The log that the record is in, where that is a line of the volume; nil for the volume's own.
        var line: String?
        /// The version whose files come while they are read, below what was written since; nil if all are in `data`.
        var served: UInt64?
        /// The place in the range of user namespaces whose ids its files are told with; nil for the host's.
        var place: Int?
        /// What the pin is called that keeps that version in the store.
        var pin: [UInt8]?

        /// The store by its name alone; see `VolumeStorage.place`.
        var storeName: String { store.split(separator: " ").first.map(String.init) ?? store }
        /// Whether its files are plain objects there.
        var isOfObjects: Bool { storeName != store }
    }

    private static let markName = "stored.json"

    /// The folder of the app.
    let app: String
    let name: String

    var path: String { "\(app)/\(name)" }
    /// The directory of the files.
    var dataPath: String { "\(path)/data" }
    private var fresh: String { "\(app)/.\(name).new" }

    /// The directory of the files; nil if there is none yet.
    func data() throws(LinuxError) -> Descriptor? { try folder("data") }

    /// The directory of what was written over files that come while they are read; nil if there is none.
    func upper() throws(LinuxError) -> Descriptor? { try folder("upper") }

    /// Whether mounts may be there.
    var isServed: Bool { access("\(path)/lower", F_OK) == 0 }

    private func folder(_ name: String) throws(LinuxError) -> Descriptor? {
        do throws(LinuxError) {
            return try Descriptor.open("\(path)/\(name)", O_DIRECTORY | O_RDONLY | O_NOFOLLOW)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    /// The mark that was left for this store; nil if there is none that can be read.
    func mark(of store: String) -> Mark? { mark.flatMap { $0.store == store ? $0 : nil } }

    /// The mark that was left, whatever the store; nil if there is none that can be read.
    var mark: Mark? {
        guard let bytes = try? Folders.read("\(path)/\(Self.markName)", limit: 65_536) else { return nil }
        return try? JSONDecoder().decode(Mark.self, from: Data(bytes))
    }

    /// Takes the files away.
    func remove() throws { try Folders.removeTree(path) }

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
