// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Logs

/// Snapshots by name: `NAME/tree` is a lower directory for overlayfs, `NAME/snapshot.json` tells what it is.
///
/// What is being made has a name that begins with a dot and is removed by `sweep`.
struct SnapshotStore: Sendable {
    /// Where they are.
    let folder: String

    /// Snapshots upon each other; overlayfs takes 500 layers, image and all.
    private static let highest = 64

    /// Throws `ControlError` for a name that is no plain word of at most 100 letters, digits, `.`, `_` and `-`.
    static func validate(_ name: String) throws(ControlError) {
        let isWord = name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isWord, (1...100).contains(name.utf8.count), !name.hasPrefix("."), !name.hasPrefix("-") else {
            throw ControlError(
                .invalid,
                "snapshot \(name.debugDescription)",
                "it is no name",
                "use up to 100 letters, digits, '.', '_' and '-', and begin with a letter or digit"
            )
        }
    }

    func tree(_ name: String) -> String { "\(folder)/\(name)/tree" }
    private func file(_ name: String) -> String { "\(folder)/\(name)/snapshot.json" }

    func find(_ name: String) throws -> Snapshot? {
        try Self.validate(name)
        guard access(file(name), F_OK) == 0 else { return nil }
        return try JSONDecoder().decode(Snapshot.self, from: Data(Folders.read(file(name), limit: 65_536)))
    }

    /// All that can be read, by name.
    func all() throws -> [Snapshot] {
        try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries().map(\.description).sorted().compactMap {
            $0.hasPrefix(".") ? nil : try? find($0)
        }
    }

    /// The directories of a snapshot and of those below it, lowest first.
    ///
    /// Throws when one is not there, or may be torn.
    func layers(of name: String) throws -> [String] {
        var layers: [String] = []
        var next: String? = name
        while let name = next {
            guard layers.count < Self.highest else {
                throw AgentError(
                    "use",
                    "snapshot \(name)",
                    "\(Self.highest) snapshots are upon each other already"
                )
            }
            guard let snapshot = try find(name) else {
                throw AgentError("use", "snapshot \(name)", "it is not here: see `martlet snapshot list`")
            }
            guard snapshot.boot == nil || snapshot.boot == Self.boot else {
                throw AgentError(
                    "use",
                    "snapshot \(name)",
                    "the machine went down before it was on the disk: take it anew"
                )
            }
            layers.insert(tree(name), at: 0)
            next = snapshot.parent
        }
        return layers
    }

    /// This boot of the machine.
    static let boot: String? = (try? Folders.read("/proc/sys/kernel/random/boot_id", limit: 64)).map {
        String(decoding: $0.prefix { $0 != 10 }, as: UTF8.self)
    }

    // MARK: Making and removing

    /// A fresh folder in which to make a tree.
    func scratch() throws -> String {
        let path = "\(folder)/.new-\(UInt64.random(in: 0 ... .max))"
        try check("mkdir", path, mkdir(path, 0o700))
        return path
    }

    /// Gives what was made in a scratch folder its name; refused if that is taken.
    func publish(_ snapshot: Snapshot, from scratch: String) throws {
        try save(snapshot, in: scratch)
        let target = "\(folder)/\(snapshot.name)"
        guard access(target, F_OK) < 0 else {
            throw ControlError(.conflict, "snapshot \(snapshot.name)", "there is one", "choose another name")
        }
        try check("rename", target, rename(scratch, target))
    }

    func save(_ snapshot: Snapshot, in folder: String) throws {
        try Folders.replace("snapshot.json", in: folder, with: Array(JSONEncoder().encode(snapshot)))
    }

    /// Waits until a snapshot is on the disk, and notes it.
    func settle(_ snapshot: Snapshot) throws {
        try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).synchronizeFileSystem()
        guard var present = try find(snapshot.name), present == snapshot else { return }
        present.boot = nil
        try save(present, in: "\(folder)/\(snapshot.name)")
    }

    func remove(_ name: String) throws {
        // Without a name first: what is half removed is never used.
        let moved = "\(folder)/.old-\(UInt64.random(in: 0 ... .max))"
        try check("rename", name, rename("\(folder)/\(name)", moved))
        try Folders.removeTree(moved)
    }

    /// The folder in which an instance's writable layer becomes a snapshot; a crash leaves it as it is.
    func desk(of id: String) throws -> String {
        let path = "\(folder)/.of-\(id)"
        if mkdir(path, 0o700) < 0 {
            let cause = errno
            guard cause == EEXIST else { throw LinuxError("mkdir", path, errno: cause) }
        }
        return path
    }

    /// Removes what was cut short, but for what instances go on with.
    func sweep(sparing instances: Set<String>) throws {
        for name in try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        where name.hasPrefix(".") && !instances.contains(String(name.dropFirst(4))) {
            try Folders.removeTree("\(folder)/\(name)")
        }
    }
}
