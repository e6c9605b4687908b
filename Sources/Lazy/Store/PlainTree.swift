// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Volumes

/// Makes a plain directory of a version whose files are all here: further names of what is kept, so nothing is copied.
///
/// The directory is called `plain` once it is whole and on the disk; whoever finds it needs no process and no store.
enum PlainTree {
    /// What it is called in the folder of a version.
    static let name: RawPath = "plain"
    private static let draft: RawPath = ".plain"
    /// A file that says whose ids those of the directory are.
    private static let mark: RawPath = "plain.ids"
    private static let maximumMark = 65_536

    /// Whether there is one, with these ids.
    static func isMade(in folder: Descriptor, ids: IdentityMap) throws(LinuxError) -> Bool {
        guard try folder.status(name) != nil, try folder.status(mark) != nil else { return false }
        let text = try folder.open(mark, O_RDONLY | O_NOFOLLOW, resolve: .beneath).readAll(limit: maximumMark)
        return text.elementsEqual("\(ids)".utf8)
    }

    /// Makes it on a thread of its own, when all is here.
    static func makeWhenComplete(
        _ files: VersionFiles,
        in folder: Descriptor,
        ids: IdentityMap,
        report: @escaping @Sendable (String) -> Void
    ) throws(LinuxError) {
        try Thread.detach {
            while !files.packs.isCancelled {
                let isComplete = files.local.wait(for: .seconds(1)) { $0.missing == 0 ? true : nil }
                guard isComplete == true else { continue }
                do {
                    try make(files, in: folder, ids: ids)
                    files.plain.change { $0 = true }
                } catch {
                    report("make plain directory: \(error)")
                }
                return
            }
        }
    }

    static func make(_ files: VersionFiles, in folder: Descriptor, ids: IdentityMap) throws {
        guard try !isMade(in: folder, ids: ids) else { return }
        for old in [mark, draft, name] { try remove(old, from: folder) }
        try folder.open(mark, O_CREAT | O_EXCL | O_WRONLY, mode: 0o600, resolve: .beneath).write(
            "\(ids)".utf8
        )
        try folder.makeDirectory(draft, mode: 0o700)
        let root = try open(draft, in: folder), tree = files.tree
        var way: [(entry: Int, folder: Descriptor)] = [(0, root)]
        for entry in tree.nodes.indices.dropFirst() {
            let node = tree.nodes[entry]
            while way.count > 1, way[way.count - 1].entry != Int(node.folder) { way.removeLast() }
            guard let parent = way.last?.folder else { throw FormatFlaw("there is no root") }
            let name = try name(of: entry, in: tree)
            switch node.kind {
            case .directory:
                try parent.makeDirectory(name, mode: 0o700)
                way.append((entry, try open(name, in: parent)))
                continue
            case .further:
                let first = Int(node.place.start)
                let place = try place(Int(tree.nodes[first].folder), tree, root)
                try parent.makeHardLink(name, to: self.name(of: first, in: tree), in: place)
                continue
            case .file: try files.link(entry, as: name, in: parent)
            case .link: try parent.makeLink(name, to: text(node.place, tree))
            case .fifo, .socket: try parent.makeNode(name, mode: node.kind.bits | 0o600, node: (0, 0))
            case .characterDevice, .blockDevice:
                let number = node.place.start
                let (major, minor) = (number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00)
                try parent.makeNode(name, mode: node.kind.bits | 0o600, node: (major, minor))
            }
            try dress(parent.open(itself: name), name, in: parent, node, tree)
        }
        // What is made in a folder changes its times: theirs come last, the innermost first.
        for entry in tree.nodes.indices.reversed() where tree.nodes[entry].kind == .directory {
            let itself = try place(entry, tree, root)
            try dress(itself, ".", in: itself, tree.nodes[entry], tree)
        }
        try root.synchronizeFileSystem()
        try folder.rename(draft, to: name, in: folder, replacing: false)
        try folder.synchronize()
    }

    /// Owner first, for a change of it takes setuid and capabilities away; times last.
    private static func dress(
        _ itself: Descriptor,
        _ name: RawPath,
        in folder: Descriptor,
        _ node: TreeNode,
        _ tree: TreeIndex
    ) throws {
        try folder.changeOwner(name, uid: node.uid, gid: node.gid)
        if node.kind != .link { try itself.changeEveryMode(UInt32(node.mode)) }
        for attribute in tree.extended[node.extended.range] {
            try itself.setEveryAttribute(
                Array(tree.text(attribute.name)),
                Array(tree.text(attribute.value))
            )
        }
        try folder.changeTime(name, seconds: node.seconds, nanoseconds: Int(node.nanoseconds))
    }

    // MARK: Folders

    private static func open(_ name: RawPath, in folder: Descriptor) throws(LinuxError) -> Descriptor {
        try folder.open(name, O_RDONLY | O_DIRECTORY, resolve: [.beneath, .noSymlinks, .noCrossing])
    }

    private static func place(_ entry: Int, _ tree: TreeIndex, _ root: Descriptor) throws -> Descriptor {
        var names: [RawPath] = [], next = entry
        while next != 0 {
            names.append(try name(of: next, in: tree))
            next = Int(tree.nodes[next].folder)
        }
        return try names.reversed().reduce(root) { try open($1, in: $0) }
    }

    private static func name(of entry: Int, in tree: TreeIndex) throws -> RawPath {
        try text(tree.nodes[entry].name, tree)
    }

    private static func text(_ part: TreeNode.Part, _ tree: TreeIndex) throws -> RawPath {
        guard let text = RawPath(bytes: tree.text(part)) else { throw FormatFlaw("a name has a NUL") }
        return text
    }

    private static func remove(_ name: RawPath, from folder: Descriptor) throws(LinuxError) {
        guard let status = try folder.status(name) else { return }
        guard status.kind == .directory else { return try folder.unlink(name) }
        let inner = try open(name, in: folder)
        for name in try inner.entries() { try remove(name, from: inner) }
        try folder.removeDirectory(name)
    }
}
