// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

/// Where failures and warnings go: a file that the engine reads, in the lines that it expects.
struct Log {
    /// The form of a line.
    enum Format: String {
        case text, json
    }

    private let file: Descriptor?
    private let format: Format

    /// Writes nothing but to standard error.
    init() {
        file = nil
        format = .text
    }

    /// Appends to a file, or writes nothing but to standard error.
    init(_ path: String?, _ format: Format) throws {
        self.format = format
        file = try path.map {
            try Descriptor.open($0, O_CREAT | O_APPEND | O_WRONLY, mode: 0o644)
        }
    }

    func warning(_ message: String) { write("warning", message) }

    /// Writes the last line that an engine shows, and the same for people.
    func failure(_ message: String) {
        write("error", message)
        try? Descriptor.standardError.write(Array("martlet-runtime: \(message)\n".utf8))
    }

    private func write(_ level: String, _ message: String) {
        guard let file else {
            if level == "warning" {
                try? Descriptor.standardError.write(Array("martlet-runtime: warning: \(message)\n".utf8))
            }
            return
        }
        let time = Runtime.now()
        let line =
            switch format {
            case .json:
                JSON.object([
                    .init("level", .string(level)), .init("msg", .string(message)),
                    .init("time", .string(time)),
                ]).text()
            case .text: "time=\"\(time)\" level=\(level) msg=\(JSON.string(message).text())"
            }
        // A log that cannot be written to must not change a container's fate.
        try? file.write(Array("\(line)\n".utf8))
    }
}
