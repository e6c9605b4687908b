// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What keeps a thread that reads hostile bytes below one folder.
public enum Confinement {
    /// The version of Landlock that this kernel has; 0 if none, or one that is of no use here.
    ///
    /// Version 1 forbids every rename between folders (landlock(7)).
    public static let landlock: Int = {
        let version = Int(martlet_landlock_version())
        return version >= 2 ? version : 0
    }()

    /// From here on the calling thread opens, makes, changes and removes nothing by a path but below `folder`.
    ///
    /// The folder is its root (chroot(2)), and with Landlock no descriptor of another folder leads out either. It ends
    /// with the thread; until then it cannot be undone, and what is open stays open. The thread has no umask, and
    /// `no_new_privs`. Needs the right to change the root.
    public static func enter(_ folder: Descriptor, landlock: Int = landlock) throws(LinuxError) {
        try check("confine", "thread", martlet_confine(folder.number, Int32(landlock)))
    }
}
