// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Keys
internal import Linux

/// The first boot of a node: files of its settings, brought in once, and all or none of them.
///
/// All is checked, and written beside its place, before the first file is put there. What a crash interrupts begins again
/// with the next boot, before any agent; after the last file a mark beside them says that it was done. It goes with what it
/// speaks of: who takes the settings away is provisioned again, and who takes the state away is not.
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

    /// The folder of the node's settings.
    private let settings: String

    /// Describes a node by the folder of its settings.
    public init(settings: String) { self.settings = settings }

    private static let name = ".provisioned"
    private var staging: String { "\(settings)/.provision" }
    /// What was in the place of files, until all are there.
    private var former: String { "\(settings)/.provision-former" }

    /// What was done; nil for a node that was not provisioned.
    public func mark() throws -> Mark? {
        let path = "\(settings)/\(Self.name)"
        guard access(path, F_OK) == 0 else { return nil }
        return try JSONDecoder().decode(Mark.self, from: Data(Folders.read(path, limit: 65_536)))
    }

    /// Brings the files in.
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
        try removeStaging()
        try stage(provision)
        var placed: [String] = []
        do {
            for file in provision.files {
                try place(file.path)
                placed.append(file.path)
            }
        } catch {
            for path in placed.reversed() { try putBack(path) }
            try removeStaging()
            throw error
        }
        let mark = Mark(
            sha256: HashFunction.sha256.hex(bytes),
            source: source,
            at: Timestamp.text(Timestamp.now())
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Folders.replace(Self.name, in: settings, with: Array(try encoder.encode(mark)), durable: true)
        try removeStaging()
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

    /// Puts a file in its place; what was there has another name meanwhile.
    private func place(_ path: String) throws {
        let target = "\(settings)/\(path)", former = "\(former)/\(path)"
        try Self.makeFolders(of: path, in: settings)
        try Self.makeFolders(of: path, in: self.former)
        guard link(target, former) == 0 || errno == ENOENT else {
            throw LinuxError("link", target, errno: errno)
        }
        try Linux.check("rename", target, rename("\(staging)/\(path)", target))
        try Folders.sync(Self.folder(of: target))
    }

    /// Has what was in the place of a file there again.
    private func putBack(_ path: String) throws {
        let target = "\(settings)/\(path)"
        if rename("\(former)/\(path)", target) != 0 {
            guard errno == ENOENT else { throw LinuxError("rename", target, errno: errno) }
            try Linux.check("unlink", target, unlink(target))
        }
        try Folders.sync(Self.folder(of: target))
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    private func stage(_ provision: Provision) throws {
        try Linux.check("mkdir", staging, mkdir(staging, 0o700))
        try Linux.check("mkdir", former, mkdir(former, 0o700))
        for file in provision.files {
            try Self.makeFolders(of: file.path, in: staging)
            let path = "\(staging)/\(file.path)"
            let new = try Descriptor.open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: file.mode)
            try new.write(Array(file.content.utf8))
            try Linux.check("fchmod", path, fchmod(new.number, file.mode))
            try new.synchronize()
        }
    }

    private static func makeFolders(of path: String, in folder: String) throws {
        var current = folder
        for part in path.split(separator: "/").dropLast() {
            let parent = current
            current += "/\(part)"
            guard mkdir(current, 0o700) != 0 else {
                try Folders.sync(parent)
                continue
            }
            guard errno == EEXIST else { throw LinuxError("mkdir", current, errno: errno) }
        }
    }

    private func removeStaging() throws {
        try Folders.removeTree(staging)
        try Folders.removeTree(former)
    }
}
