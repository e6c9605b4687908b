// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What others may see of this process's memory.
public enum Memory {
    /// From here on neither a core dump nor another process without rights shows it (`PR_SET_DUMPABLE`, prctl(2)).
    ///
    /// Children that execute another program are not concerned.
    public static func hide() throws(LinuxError) {
        try check("prctl", "PR_SET_DUMPABLE", martlet_hide_memory())
    }

    /// Allocations come from so many arenas (`M_ARENA_MAX`, mallopt(3)), whatever the number of threads.
    ///
    /// Each arena keeps what was freed in it, and a thread rarely needs it again: a program that is idle most of the
    /// time would hold many times what it uses.
    public static func limit(arenas: Int32) throws(LinuxError) {
        try check("mallopt", "M_ARENA_MAX", martlet_limit_arenas(arenas))
    }
}
