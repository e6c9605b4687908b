// SPDX-License-Identifier: Apache-2.0
package import Control
internal import FoundationEssentials
internal import Glibc
package import Linux
internal import Logs
internal import Synchronization

/// What a person sees: colours only on a terminal, errors on standard error in one line.
package enum Terminal {
    package static let isInteractive = isatty(STDOUT_FILENO) == 1
    package static let isColoured = isInteractive && RuntimeOptions.variable("NO_COLOR") == nil
    /// Why standard output or standard error takes no more; 0 if it does.
    private static let broken = Atomic<Int32>(0)

    /// Standard output or standard error takes no more: what streams can end.
    package static var isCut: Bool { broken.load(ordering: .relaxed) != 0 }

    /// Why not all could be written; nil if it was, or if nobody wants to read more.
    package static var failure: LinuxError? {
        let cause = broken.load(ordering: .relaxed)
        return cause == 0 || cause == EPIPE ? nil : LinuxError("write", "the output", errno: cause)
    }

    /// Columns and rows of the screen.
    package static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Colours that tell services apart, by their place in the file.
    package static func paint(_ text: String, service: Int) -> String {
        paint(text, code: [36, 33, 32, 35, 34, 96, 93, 92, 95, 94][service % 10])
    }

    package static func paint(_ text: String, code: Int) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    package static func complain(_ message: String) {
        // What a file or an image names may hold anything: it is shown, never interpreted.
        write(Array("martlet: \(visible(message))\n".utf8), to: STDERR_FILENO)
    }

    /// On one line, and without anything that a terminal would obey.
    package static func visible(_ text: String) -> String {
        TerminalText.sanitised(text.split(separator: "\n").joined(separator: " ").utf8)
    }

    package static func print(_ line: String) { write(Array("\(line)\n".utf8), to: STDOUT_FILENO) }

    /// Text without an end of line, such as what moves the cursor.
    package static func draw(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    /// A value as JSON on one line, its members in order of their names.
    package static func printJSON(_ value: some Encodable) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            write(try Array(encoder.encode(value)) + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
        } catch {
            complain("cannot be written as JSON: \(error)")
        }
    }

    /// Says what happened on the node, in one line.
    package static func report(_ event: EventRecord) {
        let place = [event.app, event.service, event.instance.map { "\($0)" }].compactMap { $0 }
        let isStep = event.kind == "step"
        let line = (isStep ? [] : [place.joined(separator: "/")]) + [event.reason]
        print("  " + visible(line.filter { !$0.isEmpty }.joined(separator: " ")))
    }

    package static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                let cause = errno
                if cause == EINTR { continue }
                if cause == EAGAIN {  // whoever gave it to us made it so
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                    continue
                }
                _ = broken.compareExchange(expected: 0, desired: cause, ordering: .relaxed)
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
