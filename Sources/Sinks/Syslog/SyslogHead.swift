// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// What stands before the text of each message of an instance, as far as it is the same for all of them.
struct SyslogHead {
    /// What a message is about.
    enum Topic { case stdout, stderr, gap }

    /// What is before the time.
    private let leads: (stdout: [UInt8], stderr: [UInt8], gap: [UInt8])
    /// What is between the time and what is the line's own.
    private let middles: (stdout: [UInt8], stderr: [UInt8], gap: [UInt8])
    /// What follows up to the text.
    let tail: [UInt8]

    /// Text has at least so much room.
    private static let leastText = 256
    /// What the time and the line's own data take at most.
    private static let ownData = 280

    init(_ origin: LogOrigin, _ settings: SinkSettings.SyslogMessage, isLocal: Bool) {
        func lead(_ severity: SinkSettings.SyslogMessage.Severity) -> [UInt8] {
            let priority = settings.facility.rawValue * 8 + severity.rawValue
            return Array("<\(priority)>\(settings.format == .rfc5424 ? "1 " : "")".utf8)
        }
        leads = (lead(settings.output), lead(settings.error), lead(.warning))
        let host = Self.word(origin.node, 255), container = String(origin.container.prefix(12))
        guard settings.format == .rfc5424 else {
            let tag = "\(Self.tag(origin.service))[\(Self.word(container, 12))]: "
            // A daemon of this node knows its name.
            let middle = Array((isLocal ? " \(tag)" : " \(host) \(tag)").utf8)
            middles = (middle, middle, middle)
            tail = []
            return
        }
        let (structure, fields) = Self.structures(origin, settings)
        func middle(_ topic: String) -> [UInt8] {
            Array(
                " \(host) \(Self.word(origin.service, 48)) \(Self.word(container, 128)) \(topic) \(structure)"
                    .utf8
            )
        }
        middles = (middle("stdout"), middle("stderr"), middle("gap"))
        tail = Array("]\(fields) ".utf8)
    }

    func lead(_ topic: Topic) -> [UInt8] {
        switch topic {
        case .stdout: leads.stdout
        case .stderr: leads.stderr
        case .gap: leads.gap
        }
    }

    func middle(_ topic: Topic) -> [UInt8] {
        switch topic {
        case .stdout: middles.stdout
        case .stderr: middles.stderr
        case .gap: middles.gap
        }
    }

    // MARK: Structured data

    /// What is known of the instance, up to the line's own data, and the fields of the user; less of them where a
    /// message would have no room for its text.
    private static func structures(
        _ origin: LogOrigin,
        _ settings: SinkSettings.SyslogMessage
    ) -> (String, String) {
        let number = settings.structure.drop { $0 != "@" }
        let short = "[\(settings.structure)"
        let known: [(String, String)] = [
            ("app", origin.app), ("service", origin.service), ("instance", "\(origin.instance)"),
            ("container", origin.container), ("image", origin.image), ("digest", origin.imageDigest),
        ]
        let long = short + known.map { " \($0)=\"\(value($1))\"" }.joined()
        let pairs = origin.fields.sorted { $0.key < $1.key }.map { " \(name($0))=\"\(value($1))\"" }
        let fields = pairs.isEmpty ? "" : "[fields\(number)\(pairs.joined())]"
        let room = settings.maximum - leastText - ownData - 340
        if long.utf8.count + fields.utf8.count <= room { return (long, fields) }
        return long.utf8.count <= room ? (long, "") : (short, "")
    }

    /// A value, with a backslash where the language has one (RFC 5424, 6.3.3), and no control characters.
    private static func value(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            if "\"\\]".unicodeScalars.contains(scalar) { out += "\\" }
            out.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return out
    }

    /// A name of at most 32 characters (RFC 5424, 6.3.3).
    private static func name(_ text: String) -> String {
        String(word(text, 32).map { "=]\"".contains($0) ? "_" : $0 })
    }

    /// Printable ASCII without blanks; `-` for nothing.
    private static func word(_ text: String, _ limit: Int) -> String {
        let bytes = text.utf8.prefix(limit).map { (0x21...0x7E).contains($0) ? $0 : 0x5F }
        return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
    }

    /// Who speaks, by which old daemons sort.
    private static func tag(_ text: String) -> String {
        String(word(text, 32).map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
    }
}
