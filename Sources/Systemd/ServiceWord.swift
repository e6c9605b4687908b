// SPDX-License-Identifier: Apache-2.0

/// Something that a service tells of itself.
public enum ServiceWord: Sendable, Equatable {
    /// It serves.
    case ready
    /// It ends.
    case stopping
    /// It has made progress since it said so last.
    case progress
    /// From here on it is ended when it has not said for so long that it makes progress.
    case patience(Duration)
    /// How it is, in one line for people.
    case status(String)

    /// As sd_notify(3) has it; a line break would begin another word.
    var line: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .progress: "WATCHDOG=1"
        case .patience(let time): "WATCHDOG_USEC=\(Int64(time / .microseconds(1)))"
        case .status(let text): "STATUS=\(text.split(whereSeparator: \.isNewline).joined(separator: " "))"
        }
    }
}
