// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Keys
internal import Linux

/// The first boot of a node: files of its settings, brought in once, and all or none of them.
///
/// All is checked, and written beside its place, before a journal says what goes where. From then on it goes on to its
/// end, over any number of crashes: each start looks for the journal before anything else. Once all files are in their
/// place it becomes the mark that says that it was done. That goes with what it speaks of: who takes the settings away is
/// provisioned again, and who takes the state away is not.
public struct Provisioning: Sendable {
    /// What the mark says.
    public struct Mark: Codable, Sendable, Equatable {
        /// The SHA-256 of the text, in hexadecimal digits.
        public let sha256: String
        /// Where it was.
        public let source: String
        /// When, RFC 3339.
        public let at: String
    }

    /// What is on its way; it is read as the mark later.
    private struct Journal: Codable {
        struct File: Codable {
            let path: String
            /// Whether another one was in its place.
            let isReplacing: Bool
        }

        let sha256: String
        let source: String
        let at: String
        let files: [File]
    }

    /// The folder of the node's settings.
    private let settings: String

    /// Describes a node by the folder of its settings.
    public init(settings: String) { self.settings = settings }

    private static let journalName = ".provision-journal"
    private var journal: String { "\(settings)/\(Self.journalName)" }
    private var done: String { "\(settings)/.provisioned" }
    /// It is nothing without the journal.
    private var staging: String { "\(settings)/.provision" }
    /// The new files, all of them, until they are in their place.
    private var new: String { "\(staging)/new" }
    /// What was in their place before.
    private var former: String { "\(staging)/former" }

    /// What was done; nil for a node that was not provisioned.
    public func mark() throws -> Mark? {
        guard try Folders.exists(done) else { return nil }
        return try decode(Mark.self, of: done, "remove it to have this node provisioned again")
    }

    /// Ends what a crash interrupted, without the text; to be called before anything else.
    ///
    /// What has a journal is done to its end; of what did not come so far nothing is left.
    public func recover() throws {
        guard try Folders.exists(journal) else { return try Folders.removeTree(staging) }
        try finish(
            try decode(
                Journal.self,
                of: journal,
                "bring the files of \(settings) back yourself, and remove it"
            )
        )
    }

    /// Brings the files in; what was interrupted before has to be recovered from.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - source: Where it was, for the mark and for what is wrong with it.
    /// - Throws: All problems of the text, or why a file cannot be put in its place; then all files are as they were.
    public func run(_ bytes: [UInt8], from source: String) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AgentError("provision", source, "is not UTF-8 text: save it as UTF-8")
        }
        let provision = try Provision.decode(yaml: text, file: source, folder: settings)
        try check(provision)
        try Folders.removeTree(staging)
        let next: Journal
        do {
            next = Journal(
                sha256: HashFunction.sha256.hex(bytes),
                source: source,
                at: Timestamp.text(Timestamp.now()),
                files: try stage(provision)
            )
            try stage(next)
        } catch {
            try? Folders.removeTree(staging)  // or the next start does it
            throw error
        }
        try Linux.check("rename", journal, rename("\(staging)/\(Self.journalName)", journal))
        try Folders.sync(settings)
        Failpoint.provisionBegun.reach()
        try finish(next)
    }

    /// What is in the way is found before anything is changed.
    private func check(_ provision: Provision) throws {
        for file in provision.files {
            var path = settings
            let parts = file.path.split(separator: "/")
            for (number, part) in parts.enumerated() {
                path += "/\(part)"
                var status = stat()
                guard lstat(path, &status) == 0 else { break }
                let wanted = number == parts.count - 1 ? S_IFREG : S_IFDIR
                guard status.st_mode & S_IFMT == wanted else {
                    let kind = wanted == S_IFREG ? "a file" : "a folder"
                    throw AgentError("provision", path, "is there, and is not \(kind): remove it")
                }
            }
        }
    }

    /// Writes the new files beside their places, and gives those that are there a second name.
    private func stage(_ provision: Provision) throws -> [Journal.File] {
        for folder in [staging, new, former] { try Linux.check("mkdir", folder, mkdir(folder, 0o700)) }
        return try provision.files.map { file in
            for tree in [new, former] { try Self.makeFolders(of: file.path, in: tree) }
            let path = "\(new)/\(file.path)", target = "\(settings)/\(file.path)"
            let staged = try Descriptor.open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: file.mode)
            try staged.write(Array(file.content.utf8))
            try staged.changeMode(file.mode)
            let isReplacing = try Folders.exists(target)
            if isReplacing { try Linux.check("link", target, link(target, "\(former)/\(file.path)")) }
            Failpoint.provisionStaging.reach()
            return Journal.File(path: file.path, isReplacing: isReplacing)
        }
    }

    /// Writes the journal where it does not count yet, and has the disk have all of it.
    private func stage(_ journal: Journal) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Folders.replace(Self.journalName, in: staging, with: Array(try encoder.encode(journal)))
        try synchronize()
        Failpoint.provisionStaged.reach()
    }

    /// Puts all files in their place, or all of those back that were there.
    ///
    /// Each step may be done twice, so it begins anew after a crash, also after one on the way back.
    private func finish(_ journal: Journal) throws {
        if try Folders.exists(new) {
            do { try place(journal) } catch let cause {
                do { try putBack(journal) } catch {
                    throw AgentError(
                        "provision",
                        settings,
                        "\(cause); what was there cannot be put back: \(error): mend the disk and start this again"
                    )
                }
                throw cause
            }
            // From here on there is no way back, which would take all that is removed now.
            try Linux.check("rename", new, rename(new, "\(staging)/placed"))
            try Folders.sync(staging)
            Failpoint.provisionSettled.reach()
        }
        try Folders.removeTree(staging)
        Failpoint.provisionCleared.reach()
        try Linux.check("rename", done, rename(self.journal, done))
        try Folders.sync(settings)
        Failpoint.provisionMarked.reach()
    }

    private func place(_ journal: Journal) throws {
        for file in journal.files {
            try put(file.path, from: new)
            Failpoint.provisionPlaced.reach()
        }
        try synchronize()
    }

    /// Has all as it was, as if nothing had begun.
    private func putBack(_ journal: Journal) throws {
        for file in journal.files.reversed() {
            let target = "\(settings)/\(file.path)"
            if file.isReplacing {
                try put(file.path, from: former)
            } else if try Folders.exists(target) {
                try Linux.check("unlink", target, unlink(target))
            }
            Failpoint.provisionReturned.reach()
        }
        try synchronize()
        try Folders.discard(self.journal)
        try Folders.sync(settings)
        Failpoint.provisionForgotten.reach()
        try Folders.removeTree(staging)
    }

    /// Has a file of one of the trees in its place, which stays in the tree, too.
    private func put(_ path: String, from tree: String) throws {
        let target = "\(settings)/\(path)", second = "\(staging)/second"
        try Folders.discard(second)
        try Linux.check("link", "\(tree)/\(path)", link("\(tree)/\(path)", second))
        try Self.makeFolders(of: path, in: settings)
        try Linux.check("rename", target, rename(second, target))
        try Folders.discard(second)  // rename(2) leaves it if the file is in its place already
    }

    private static func makeFolders(of path: String, in folder: String) throws {
        var current = folder
        for part in path.split(separator: "/").dropLast() {
            current += "/\(part)"
            guard mkdir(current, 0o700) < 0 else { continue }
            let cause = errno
            guard cause == EEXIST else { throw LinuxError("mkdir", current, errno: cause) }
        }
    }

    private func synchronize() throws {
        try Descriptor.open(settings, O_DIRECTORY | O_RDONLY).synchronizeFileSystem()
    }

    private func decode<Value: Decodable>(_ type: Value.Type, of path: String, _ remedy: String) throws
        -> Value
    {
        let bytes = try Folders.read(path, limit: 4 << 20)
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw AgentError("provision", path, "is damaged: \(remedy)")
        }
    }
}
