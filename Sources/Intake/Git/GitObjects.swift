// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Synchronization
internal import Transfer

/// The objects of a fetched repository: none is believed before its name was computed here.
final class GitObjects: Sendable {
    /// What git knows objects as.
    enum Kind: String {
        case commit, tree, blob

        var limit: Int {
            switch self {
            case .commit: GitLimits.commit
            case .tree: GitLimits.tree
            case .blob: GitLimits.blob
            }
        }
    }

    private let git: GitProcess
    private let scope: TransferScope
    private let read = Mutex((objects: 0, bytes: 0))

    init(_ git: GitProcess, in scope: TransferScope) {
        self.git = git
        self.scope = scope
    }

    /// Whether a text is the name of an object: a SHA-1 in hexadecimal digits.
    static func isName(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 40
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The content of an object.
    func content(_ kind: Kind, _ name: String) throws(IntakeError) -> [UInt8] {
        let bytes = try git.run(["cat-file", kind.rawValue, name], limit: kind.limit, in: scope)
        let isMuch = read.withLock { read in
            read.objects += 1
            read.bytes += bytes.count
            return read.objects > GitLimits.objects || read.bytes > GitLimits.total
        }
        guard !isMuch else {
            throw IntakeError(
                .refused,
                "",
                "more than \(GitLimits.objects) objects or \(GitLimits.total >> 20) MiB: make several sources"
            )
        }
        guard HashFunction.sha1.hex(Array("\(kind.rawValue) \(bytes.count)\0".utf8) + bytes) == name else {
            throw IntakeError(.refused, "\(kind.rawValue) \(name)", "has other bytes than its name says")
        }
        return bytes
    }

    /// An entry of a tree.
    struct Entry: Sendable {
        var mode: String
        var name: String

        var isTree: Bool { mode == "40000" }
        var isFile: Bool { mode == "100644" || mode == "100755" }
    }

    /// The entries of a tree by their names; one that is not UTF-8 is nobody's app.
    func entries(_ tree: String) throws(IntakeError) -> [String: Entry] {
        var rest = try content(.tree, tree)[...]
        var entries: [String: Entry] = [:]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 0x20), let zero = rest[space...].firstIndex(of: 0),
                rest.endIndex - zero > 20
            else { throw IntakeError(.refused, "tree \(tree)", "is damaged") }
            let mode = String(decoding: rest[..<space], as: UTF8.self)
            let id = rest[(zero + 1)..<(zero + 21)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                .joined()
            if let name = String(validating: rest[(space + 1)..<zero], as: UTF8.self) {
                entries[name] = Entry(mode: mode, name: id)
            }
            rest = rest[(zero + 21)...]
        }
        return entries
    }
}
