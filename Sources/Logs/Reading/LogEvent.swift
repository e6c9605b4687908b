// SPDX-License-Identifier: Apache-2.0

/// What a reader meets on its way.
public enum LogEvent: Equatable, Sendable {
    /// A line.
    case line(LogLine)
    /// Lines that are missing.
    case gap(LogGap)
}
