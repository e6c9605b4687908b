// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Whether two directory trees are the same: names, kinds, modes, owners, times, attributes, link targets and contents.
///
/// No link is followed.
struct TreeComparison {
    /// Deeper trees cost a descriptor each for every level.
    private static let maximumDepth = 256
    private let left = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    private let right = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)

    /// The first difference, in words; nil if there is none.
    static func difference(_ a: Descriptor, _ b: Descriptor) throws(LinuxError) -> String? {
        let comparison = TreeComparison()
        defer {
            comparison.left.deallocate()
            comparison.right.deallocate()
        }
        if let difference = try difference(a.status(), b.status()) {
            return "the root has another \(difference)"
        }
        if let difference = try comparison.files(a, b, at: ".") { return difference }
        return try comparison.folders(a, b, at: ".", depth: 0)
    }

    private func folders(
        _ a: Descriptor,
        _ b: Descriptor,
        at path: String,
        depth: Int
    ) throws(LinuxError) -> String? {
        guard depth < Self.maximumDepth else { return "\(path) is too deep to be compared" }
        let names = try a.entries()
        let others = try Set(b.entries())
        for name in others.subtracting(names) { return "\(path)/\(name) should not be there" }
        for name in names {
            let path = "\(path)/\(name)"
            guard others.contains(name) else { return "\(path) is missing" }
            if let difference = try entries(name, a, b, at: path, depth: depth) { return difference }
        }
        return nil
    }

    private func entries(
        _ name: RawPath,
        _ a: Descriptor,
        _ b: Descriptor,
        at path: String,
        depth: Int
    ) throws(LinuxError) -> String? {
        guard let one = try a.status(name), let two = try b.status(name) else { return "\(path) is missing" }
        if let difference = Self.difference(one, two) { return "\(path) has another \(difference)" }
        switch one.kind {
        case .link:
            return try a.linkTarget(name) == b.linkTarget(name) ? nil : "\(path) leads elsewhere"
        case .file, .directory:
            let flags = O_RDONLY | O_NOFOLLOW | (one.kind == .directory ? O_DIRECTORY : 0)
            let inner = try a.open(name, flags, resolve: [.beneath, .noSymlinks])
            let other = try b.open(name, flags, resolve: [.beneath, .noSymlinks])
            if let difference = try files(inner, other, at: path) { return difference }
            if one.kind == .directory { return try folders(inner, other, at: path, depth: depth + 1) }
            return try hold(inner, other) ? nil : "\(path) has another content"
        default:
            return nil
        }
    }

    private static func difference(_ a: FileStatus, _ b: FileStatus) -> String? {
        if a.kind != b.kind { return "kind" }
        if a.mode != b.mode { return "mode" }
        if a.uid != b.uid || a.gid != b.gid { return "owner" }
        if a.node != b.node { return "device number" }
        if a.modified != b.modified { return "time" }
        if a.kind == .file, a.size != b.size { return "size" }
        if a.kind != .directory, a.links != b.links { return "number of names" }
        return nil
    }

    /// What open files of one kind say about themselves.
    private func files(_ a: Descriptor, _ b: Descriptor, at path: String) throws(LinuxError) -> String? {
        func attributes(_ file: Descriptor) throws(LinuxError) -> [String: [UInt8]] {
            var found: [String: [UInt8]] = [:]
            for name in try file.attributeNames() where !Durability.isMark(name) {
                found[name] = try file.attribute(name)
            }
            return found
        }
        return try attributes(a) == attributes(b) ? nil : "\(path) has other attributes"
    }

    /// Whether two files hold the same.
    private func hold(_ a: Descriptor, _ b: Descriptor) throws(LinuxError) -> Bool {
        while true {
            let count = try a.read(into: left)
            guard try b.read(into: right) == count else { return false }
            if count == 0 { return true }
            guard let one = left.baseAddress, let two = right.baseAddress, memcmp(one, two, count) == 0 else {
                return false
            }
        }
    }
}
