// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// Removes the group with all groups below it, which must hold no process any more.
    func remove() throws {
        for folder in all() { try Self.removeFolder(folder) }
    }

    /// Removes a folder, with those below it unless told otherwise.
    ///
    /// A process that has been reaped may still be leaving its groups. That is over in microseconds as a rule, so
    /// the pauses grow from there: a second in all.
    static func removeFolder(_ folder: String, withBelow: Bool = true) throws {
        for attempt in 0... {
            if rmdir(folder) == 0 { return }
            let cause = errno
            if cause == ENOENT { return }
            guard cause == EBUSY || cause == ENOTEMPTY, attempt < 200 else {
                let holder = cause == EBUSY ? firstProcess(folder).map { ": process \($0) is in it" } : nil
                throw ContainerError(step: "cgroup", "remove \(folder)\(holder ?? "")", cause: .errno(cause))
            }
            if withBelow, attempt == 0 || attempt % 20 == 19 { try removeBelow(folder) }
            usleep(min(5_000, 50 << UInt32(min(attempt, 7))))
        }
    }

    private static func firstProcess(_ folder: String) -> Int32? {
        var first: Int32?
        try? walk(folder) { group in first = first ?? processes(of: group).first }
        return first
    }

    /// Removes what can be removed below a folder, from the bottom up.
    private static func removeBelow(_ folder: String) throws {
        try walk(folder, leaving: { above, name in try? above.removeDirectory(name) }) { _ in }
    }

    /// Visits a group and all below it, from the top down; `leaving` is told each group below, with the one that
    /// it lies in, after its own.
    ///
    /// A container may have made groups in any depth and number and of any name, so this goes by descriptors and
    /// holds two of them at a time. Groups that vanish meanwhile are passed over.
    static func walk(
        _ folder: String,
        leaving: (Descriptor, RawPath) throws -> Void = { _, _ in },
        _ visit: (Descriptor) throws -> Void
    ) throws {
        guard let root = RawPath(folder), var current = try open(root, at: Descriptor.workingDirectory) else {
            return
        }
        try visit(current)
        var levels: [(name: RawPath, rest: [RawPath])] = [("", subfolders(of: current))]
        while let level = levels.last {
            if let name = level.rest.last {
                levels[levels.count - 1].rest.removeLast()
                guard let below = try open(name, at: current.number) else { continue }
                current = below
                try visit(current)
                levels.append((name, subfolders(of: current)))
            } else {
                levels.removeLast()
                guard !levels.isEmpty else { return }
                current = try Descriptor.open("..", O_RDONLY | O_DIRECTORY, at: current.number)
                try leaving(current, level.name)
            }
        }
    }

    private static func open(_ name: RawPath, at directory: Int32) throws(LinuxError) -> Descriptor? {
        let number = name.withCString {
            Glibc.openat(directory, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        if number >= 0 { return Descriptor(owning: number) }
        guard errno == ENOENT || errno == ENODEV else {
            throw LinuxError("openat", name.description, errno: errno)
        }
        return nil
    }

    /// The names of the groups in a group.
    static func subfolders(of folder: Descriptor) -> [RawPath] {
        let number = Glibc.openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0, let stream = fdopendir(number) else { return [] }
        defer { closedir(stream) }
        var names: [RawPath] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.map { $0 } }
            if bytes != [0x2E], bytes != [0x2E, 0x2E], let name = RawPath(bytes: bytes) {
                names.append(name)
            }
        }
        return names
    }
}
