// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// What this process holds of memory, and what others may see of it.
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
    /// time would hold many times what it uses. Those of 1 MiB and more are mappings, which go back to the kernel when
    /// they are freed (`M_MMAP_THRESHOLD`).
    public static func limit(arenas: Int32) throws(LinuxError) {
        try check("mallopt", "M_ARENA_MAX", martlet_limit_arenas(arenas))
    }

    /// Gives back what was needed for work that is over: free memory of the heap (malloc_trim(3)), and the pages of
    /// programs that were executed, which are mapped again where they are needed (`MADV_DONTNEED`, madvise(2)).
    ///
    /// Blocks. Pages of programs alone: others that cannot be written now may have been.
    public static func rest() throws(LinuxError) {
        martlet_trim_heap()
        let maps = try Descriptor.open("/proc/self/maps", O_RDONLY).readAll(limit: 16 << 20)
        for line in maps.split(separator: UInt8(ascii: "\n")) {
            guard let range = program(in: String(decoding: line, as: UTF8.self)) else { continue }
            let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound)
            try check("madvise", "program", madvise(start, range.count, Int32(MADV_DONTNEED)))
        }
    }

    /// Where a file is mapped to be executed, by a line of maps (proc_pid_maps(5)); nil if it says something else.
    static func program(in line: String) -> Range<UInt>? {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count >= 6, words[1] == "r-xp", words[4] != "0" else { return nil }
        let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }
}
