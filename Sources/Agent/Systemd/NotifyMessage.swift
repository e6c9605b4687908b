// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What one message of a container says, as sd_notify(3) has it.
///
/// Whoever sends it is not trusted with anything but what it says of itself. Words that mean nothing here, such as
/// `MAINPID=` and `FDSTORE=1`, are passed over.
struct NotifyMessage: Equatable, Sendable {
    /// What is longer is not one, as for systemd.
    static let longest = 4096
    /// So many characters of a status are shown.
    static let longestStatus = 200

    /// It serves.
    var isReady = false
    /// It ends.
    var isStopping = false
    /// It lives.
    var isAlive = false
    /// It says that it is not well.
    var isIll = false
    /// How it is, in a line for people: printable, and perhaps empty.
    var status: String?
    /// How often it will say that it lives from now on.
    var watchdog: Duration?

    /// Reads the lines of a message; nil if it has bytes that no text has.
    init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.longest, !bytes.contains(0) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let cut = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(decoding: line[cut...].dropFirst(), as: UTF8.self)
            switch String(decoding: line[..<cut], as: UTF8.self) {
            case "READY": isReady = isReady || value == "1"
            case "STOPPING": isStopping = isStopping || value == "1"
            case "WATCHDOG":
                isAlive = isAlive || value == "1"
                isIll = isIll || value == "trigger"
            case "WATCHDOG_USEC":
                // Of a second at least, and a day at most, as in the file.
                guard let number = Int64(value), number > 0 else { continue }
                watchdog = .microseconds(min(max(number, 1_000_000), 86_400_000_000))
            case "STATUS": status = Self.line(value)
            default: break
            }
        }
    }

    /// One line that does nothing to who prints it: without control characters, and without marks that turn the
    /// direction of what follows.
    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: line += " "
            case .format, .surrogate, .privateUse, .unassigned: break
            default: line.unicodeScalars.append(scalar)
            }
            // By scalars: one character may have any number of them.
            if line.unicodeScalars.count == longestStatus { break }
        }
        return line.split(separator: " ").joined(separator: " ")
    }
}
