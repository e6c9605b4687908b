internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Glibc

/// A time on the command line: so long ago (`10m`), or RFC 3339 in UTC (`2026-03-01T12:00:00Z`).
struct PointInTime: ExpressibleByArgument, Equatable {
    /// Since 1970.
    let nanoseconds: UInt64

    /// Nil if it is written otherwise.
    init?(argument: String) { self.init(argument, now: Int64(time(nil))) }

    init?(_ argument: String, now: Int64) {
        let seconds =
            TimeSpan(argument: argument).map { now - $0.seconds } ?? Timestamp(argument)?.seconds
        guard let seconds else { return nil }
        nanoseconds = UInt64(clamping: seconds) * 1_000_000_000
    }
}
