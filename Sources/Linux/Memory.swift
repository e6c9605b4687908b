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
}
