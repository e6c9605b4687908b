// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc

/// What a person sees: colours only on a terminal, errors on standard error in one line.
enum Terminal {
    static let isColoured = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    /// Colours that tell services apart, by their place in the file.
    static func paint(_ text: String, service: Int) -> String {
        paint(text, code: [36, 33, 32, 35, 34, 96, 93, 92, 95, 94][service % 10])
    }

    static func paint(_ text: String, code: Int) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    static func complain(_ message: String) {
        // What a file or an image names may hold anything: it is shown, never interpreted.
        write("martlet: \(visible(message))\n", to: STDERR_FILENO)
    }

    /// Without control characters but newlines.
    static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar == "\n" || !(scalar.value < 32 || (127...159).contains(scalar.value))
                        ? scalar : "\u{fffd}"
                }
            )
        )
    }

    static func print(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// Says what happened on the node, in one line.
    static func report(_ event: EventRecord) {
        let place = [event.app, event.service, event.instance.map { "\($0)" }].compactMap { $0 }
        let isStep = event.kind == "step"
        let line = (isStep ? [] : [place.joined(separator: "/")]) + [event.reason]
        print("  " + visible(line.filter { !$0.isEmpty }.joined(separator: " ")))
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return  // nobody reads any more
            }
            rest = rest.dropFirst(count)
        }
    }
}
