// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folder that the store has a copy of: what is small is written into it, a log is there by a further name.
///
/// So nothing is copied on the node, a segment that goes here is still there for its copy, and what did not change is
/// known by its times. The layout is `docs/formats/state.md`. Every call blocks.
struct StateFolder: Sendable {
    static let apps = "apps"
    static let logs = "logs"
    static let events = "events"
    static let restarts = "restarts.json"

    let path: String

    // MARK: What is to be saved

    /// Has in the folder what is to be saved, and nothing else.
    func fill(_ content: StateContent) throws {
        _ = try Folders.make(path)
        var small: [String: [UInt8]] = [Self.restarts: try Seal.close(content.restarts)]
        for app in content.apps ?? [] { small["\(Self.apps)/\(app.app).json"] = try Seal.close(app) }
        var wanted = Set(small.keys).union(content.files.keys)
        if content.apps == nil { wanted.formUnion(names(in: Self.apps).map { "\(Self.apps)/\($0)" }) }
        _ = try sweep("", sparing: wanted)
        for (name, bytes) in small.sorted(by: { $0.key < $1.key }) { try write(bytes, at: name) }
        for (name, file) in content.files.sorted(by: { $0.key < $1.key }) { try link(file, as: name) }
    }

    /// Removes what is not wanted; whether nothing is left in a folder.
    private func sweep(_ folder: String, sparing wanted: Set<String>) throws -> Bool {
        var isEmpty = true
        for name in names(in: folder, hidden: true) {
            let place = folder.isEmpty ? name : "\(folder)/\(name)"
            if kind(of: place) == S_IFDIR {
                if try sweep(place, sparing: wanted) {
                    try check("rmdir", "\(path)/\(place)", rmdir("\(path)/\(place)"))
                } else {
                    isEmpty = false
                }
            } else if wanted.contains(place) {
                isEmpty = false
            } else {
                try Folders.discard("\(path)/\(place)")
            }
        }
        return isEmpty
    }

    private func write(_ bytes: [UInt8], at place: String) throws {
        let (folder, name) = parts(of: place)
        // What cannot be read is written anew.
        if let present = try? Folders.read("\(path)/\(place)", limit: Seal.maximumBytes), present == bytes {
            return
        }
        try Folders.replace(name, in: Folders.make(folder), with: bytes)
    }

    private func link(_ file: String, as place: String) throws {
        var source = stat(), present = stat()
        // It went meanwhile.
        guard lstat(file, &source) == 0, source.st_mode & S_IFMT == S_IFREG else { return }
        let target = "\(path)/\(place)"
        if lstat(target, &present) == 0 {
            if present.st_dev == source.st_dev, present.st_ino == source.st_ino { return }
            try Folders.discard(target)
        }
        _ = try Folders.make(parts(of: place).folder)
        guard Glibc.link(file, target) < 0 else { return }
        let cause = errno
        switch cause {
        case ENOENT: return
        case EXDEV:
            let remedy = "it is on another file system than the rest of the state folder: have both on one"
            throw AgentError("save", file, remedy)
        default: throw LinuxError("link", target, errno: cause)
        }
    }

    // MARK: What was saved

    /// Every app that can be read, how often containers were started again, and what cannot be read.
    func read() throws -> (apps: [SavedApp], restarts: [String: Int], damaged: [String]) {
        var apps: [SavedApp] = [], damaged: [String] = []
        for name in names(in: Self.apps) {
            let bytes = try Folders.read("\(path)/\(Self.apps)/\(name)", limit: Seal.maximumBytes)
            if let app = Seal.open(SavedApp.self, bytes), app.isSound, name == "\(app.app).json" {
                apps.append(app)
            } else {
                damaged.append("\(Self.apps)/\(name)")
            }
        }
        var restarts: [String: Int] = [:]
        if kind(of: Self.restarts) == S_IFREG {
            let bytes = try Folders.read("\(path)/\(Self.restarts)", limit: Seal.maximumBytes)
            if let found = Seal.open([String: Int].self, bytes) {
                restarts = found.filter { $0.value > 0 && $0.value < 1 << 31 }
            } else {
                damaged.append(Self.restarts)
            }
        }
        return (apps, restarts, damaged)
    }

    // MARK: Names

    private func names(in folder: String, hidden: Bool = false) -> [String] {
        // A folder that is not there has none.
        let found = try? Descriptor.open("\(path)/\(folder)", O_DIRECTORY | O_RDONLY | O_NOFOLLOW).entries()
        return (found ?? []).map(\.description).filter { hidden || !$0.hasPrefix(".") }.sorted()
    }

    private func kind(of place: String) -> UInt32? {
        var status = stat()
        return lstat("\(path)/\(place)", &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private func parts(of place: String) -> (folder: String, name: String) {
        let cut = place.lastIndex(of: "/")
        return (
            cut.map { "\(path)/\(place[..<$0])" } ?? path,
            String(cut.map { place[place.index(after: $0)...] } ?? place[...])
        )
    }
}
