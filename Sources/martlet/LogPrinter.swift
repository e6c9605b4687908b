// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Logs
internal import Plan

/// Prints log lines for people (`web.1 | text`) or programs (`{"time":...}`).
struct LogPrinter {
    private let names: [String: InstanceName]
    private let order: [String]
    private let width: Int
    private let json: Bool

    init(names: [String: InstanceName], services: [String]? = nil, json: Bool) {
        self.names = names
        self.json = json
        order = services ?? Set(names.values.map(\.service)).sorted()
        width = names.values.map { Self.label($0).count }.max() ?? 0
    }

    private static func label(_ name: InstanceName) -> String { "\(name.service).\(name.index)" }

    func print(_ item: MergedLogReader.Item) {
        guard let name = names[item.instance] else { return }
        switch item.event {
        case .line(let line):
            json ? printJSON(line, name) : Terminal.print(prefix(name) + text(line))
        case .gap(let gap):
            if !json { Terminal.print(prefix(name) + Terminal.paint("[\(gap)]", code: 2)) }
        }
    }

    private func prefix(_ name: InstanceName) -> String {
        let label = Self.label(name)
        let padded = label + String(repeating: " ", count: width - label.count)
        return Terminal.paint("\(padded) |", service: order.firstIndex(of: name.service) ?? 0) + " "
    }

    private func text(_ line: LogLine) -> String {
        isatty(STDOUT_FILENO) == 1
            ? TerminalText.sanitised(line.bytes) : String(decoding: line.bytes, as: UTF8.self)
    }

    private func printJSON(_ line: LogLine, _ name: InstanceName) {
        Terminal.print(
            #"{"time":\#(line.time),"seq":\#(line.sequence),"stream":"\#(line.stream)","app":"\#(name.app)","#
                + #""service":"\#(name.service)","instance":\#(name.index),"line":\#(Self.quoted(line.bytes))}"#
        )
    }

    /// A JSON string, RFC 8259 section 7; bytes that are not UTF-8 become U+FFFD.
    static func quoted(_ bytes: some Collection<UInt8>) -> String {
        var out = "\""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
