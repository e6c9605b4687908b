// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

// What both sides attach things with.

/// `MOUNT_ATTR_*` and propagation bits, mount_setattr(2).
enum Attribute {
    static let readOnly: UInt64 = 0x1
    static let noSetuid: UInt64 = 0x2
    static let noDevices: UInt64 = 0x4
    static let noExec: UInt64 = 0x8
    static let idmap: UInt64 = 0x10_0000
    static let privatePropagation = Propagation.Kind.private.rawValue
}

/// Flags of open_tree(2).
enum Tree {
    static let clone: UInt64 = 1
    static let emptyPath: UInt64 = 0x1000
}

/// Paths of the special mount points may hold no symbolic link at all.
let strict = UInt64(MARTLET_RESOLVE_NO_SYMLINKS)

extension LaunchProgram {
    mutating func addFileSystem(
        _ kind: String,
        _ options: [(key: String, value: String)],
        _ attributes: UInt64,
        flags: [String] = []
    ) -> Slot {
        let context = fill(MARTLET_OP_FSOPEN, text: .string(kind))
        for flag in flags { add(MARTLET_OP_FSFLAG, a: context, text: .string(flag)) }
        for option in options {
            add(MARTLET_OP_FSSTRING, a: context, text: .string(option.key), more: .string(option.value))
        }
        return fill(MARTLET_OP_FSMOUNT, from: context, x: attributes)
    }

    mutating func openDirectory(_ parent: Slot, _ path: String) -> Slot {
        fill(
            MARTLET_OP_OPEN,
            from: parent,
            text: .string(path),
            x: UInt64(MARTLET_O_PATH | O_DIRECTORY),
            y: UInt64(MARTLET_RESOLVE_BENEATH) | strict
        )
    }

    mutating func target(_ root: Slot, _ path: String, isFile: Bool = false, resolve: UInt64 = 0)
        -> Slot
    {
        fill(MARTLET_OP_TARGET, from: root, text: .string(path), x: isFile ? 1 : 0, y: resolve)
    }

    mutating func attach(
        _ mount: Slot,
        _ root: Slot,
        _ path: String,
        isFile: Bool = false,
        resolve: UInt64 = 0
    ) {
        add(MARTLET_OP_MOVE, a: mount, b: target(root, path, isFile: isFile, resolve: resolve))
    }
}
