// SPDX-License-Identifier: Apache-2.0
package import Control
package import Logs

/// Prints log lines for people (`web.1 | text`) or programs (one JSON object a line).
package struct LogPrinter {
    /// The services in the order of their colours; those that come later follow.
    private var services: [String]
    private var width = 0
    private let json: Bool
    private let isPlain: Bool
    private let pattern: LinePattern?

    /// `isPlain` is without colours; what does not match `pattern` is left out.
    package init(
        services: [String] = [],
        json: Bool = false,
        isPlain: Bool = false,
        pattern: LinePattern? = nil
    ) {
        self.services = services
        self.json = json
        self.isPlain = isPlain
        self.pattern = pattern
    }

    /// Makes room for an instance's label before its first line comes.
    package mutating func expect(service: String, instance: Int) {
        if !services.contains(service) { services.append(service) }
        width = max(width, Self.label(service, instance).displayWidth)
    }

    package mutating func print(_ record: LogRecord) {
        if let pattern, !pattern.matches(record.line) { return }
        if json { return Terminal.printJSON(record) }
        let text = Terminal.isInteractive ? TerminalText.sanitised(record.line.utf8) : record.line
        Terminal.print(prefix(record.service, record.instance) + text)
    }

    /// Lines that are missing; programs see it by `seq`.
    package mutating func print(_ gap: LogGap, _ service: String, _ instance: Int) {
        if json { return }
        Terminal.print(
            prefix(service, instance) + (isPlain ? "[\(gap)]" : Terminal.paint("[\(gap)]", code: 2))
        )
    }

    private mutating func prefix(_ service: String, _ instance: Int) -> String {
        expect(service: service, instance: instance)
        let label = Self.label(service, instance)
        let padded = label + String(repeating: " ", count: width - label.displayWidth)
        if isPlain { return padded + " | " }
        return Terminal.paint("\(padded) |", service: services.firstIndex(of: service) ?? 0) + " "
    }

    private static func label(_ service: String, _ instance: Int) -> String {
        "\(Terminal.visible(service)).\(instance)"
    }
}
