// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
internal import Linux

/// How far a launch has come: `martlet_progress` in a file, which the stage and the child keep up to date.
///
/// It names the operation when one of them is killed, and tells a program that ran from one that never did.
struct LaunchProgress {
    /// What the stage maps.
    let file: Descriptor

    /// Takes an empty file that is open for reading and writing.
    init(in file: Descriptor) throws {
        self.file = file
        try check("ftruncate", "progress", ftruncate(file.number, off_t(MemoryLayout<martlet_progress>.size)))
    }

    /// Takes a file that was made so.
    init(of file: Descriptor) { self.file = file }

    /// A file that has no name.
    static func unnamed() throws -> LaunchProgress {
        let flags = UInt32(MARTLET_MFD_CLOEXEC)
        let memory = try check("memfd_create", "progress", martlet_memfd_create("progress", flags))
        return try LaunchProgress(in: Descriptor(owning: memory))
    }

    private var words: martlet_progress {
        var words = martlet_progress()
        let size = MemoryLayout<martlet_progress>.size
        return pread(file.number, &words, size, 0) == size ? words : martlet_progress()
    }

    /// The stage's operation under way, -1 before the first.
    var operationOfStage: Int32 { Int32(words.stage & UInt32(MARTLET_AT_NUMBER)) - 1 }

    /// The child's operation under way, -1 before the first.
    var operation: Int32 { Int32(words.child & UInt32(MARTLET_AT_NUMBER)) - 1 }

    /// The child waits for the start, or its own program runs.
    var isMade: Bool { words.child & (MARTLET_AT_EXEC | MARTLET_AT_WAIT) != 0 }

    /// Its own program runs.
    var hasStarted: Bool { words.child & MARTLET_AT_EXEC != 0 }
}
