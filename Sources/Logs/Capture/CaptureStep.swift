// SPDX-License-Identifier: Apache-2.0

/// The points between two steps of the capture protocol.
///
/// A process that dies at any of them loses nothing and repeats nothing; tests stop there to show it.
package enum CaptureStep: String, CaseIterable, Sendable {
    /// The pipes were taken over, nothing was put right yet.
    case adopted
    /// What the spool already has was thrown out of its staging pipe.
    case discarded
    /// A batch went from the container's pipe to its staging pipe.
    case spliced
    /// It was duplicated to the scratch pipe.
    case teed
    /// It was read from the scratch pipe.
    case read
    /// It was treated as the rules want it, and what waits of it is in memory.
    case held
    /// Its block is in the spool.
    case published
    /// Half of it was thrown out of the staging pipe.
    case halfDrained
    /// All of it was.
    case drained
    /// The end of the stream was found.
    case ending
    /// The end of the stream is in the spool.
    case ended
}
