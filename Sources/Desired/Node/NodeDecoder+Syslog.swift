// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// Who has to take no message that is longer may cut it, and what stands before the text needs room.
    private static let leastMessage: Int64 = 1_024
    private static let mostMessage: Int64 = 1 << 20
    /// What fits into a datagram of UDP over IPv4.
    private static let mostDatagram: Int64 = 65_507
    /// What rsyslog takes at most in a frame of RELP.
    private static let mostRecord: Int64 = 128 << 10
    /// What every receiver of UDP should take (RFC 5426, 3.2).
    private static let usualDatagram = 2_048

    /// The words of a sink that speaks syslog.
    static func syslog(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeSyslog),
            let address = fields.required("url", "add for example 'url: tls://logs.example.net:6514'")
                .flatMap({ sinkAddress($0, [.udp, .tcp, .tls, .unix], port: nil) })
        else { return nil }
        var syslog = SinkSettings.Syslog(address)
        syslog.tls = sinkTLS(fields, isSpoken: address.way == .tls)
        if address.way == .udp { syslog.message.maximum = usualDatagram }
        if address.way == .unix { syslog.message.format = .rfc3164 }
        let isStream = address.way == .tcp || address.way == .tls
        message(fields, &syslog.message, most: isStream ? mostMessage : mostDatagram)
        if let field = fields["framing"], let framing = word(field, SinkSettings.Syslog.Framing.self) {
            if !isStream {
                field.refuse("means nothing to \(address.way.rawValue)", "remove the key")
            } else if address.way == .tls, framing == .newline {
                field.refuse("TLS has octet counting alone (RFC 5425)", "remove the key")
            }
            syslog.framing = framing
        }
        if let field = fields["rate"] { syslog.rate = rate(field, address) ?? syslog.rate }
        return .syslog(syslog)
    }

    /// How many datagrams a second go out at most, such as `10000/s`.
    static func rate(_ field: Field, _ address: SinkSettings.Address) -> Int? {
        if address.way != .udp { field.refuse("means nothing without UDP", "remove the key") }
        return field.parsed("a number of messages a second", "write for example 10000/s") { text in
            LogDecoder.perSecond(text).flatMap { Int(digits: $0) }.flatMap {
                (1...1_000_000).contains($0) ? $0 : nil
            }
        }
    }

    /// The words of a sink that speaks RELP.
    static func relp(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeRELP),
            let address = fields.required("url", "add for example 'url: tls://logs.example.net:2514'")
                .flatMap({ sinkAddress($0, [.tcp, .tls], port: 2514) })
        else { return nil }
        var relp = SinkSettings.RELP(address)
        relp.tls = sinkTLS(fields, isSpoken: address.way == .tls)
        message(fields, &relp.message, most: mostRecord)
        return .relp(relp)
    }

    /// What says how a message of syslog looks.
    static func message(_ fields: Fields, _ message: inout SinkSettings.SyslogMessage, most: Int64) {
        typealias Message = SinkSettings.SyslogMessage
        if let format = fields["format"].flatMap({ word($0, Message.Format.self) }) {
            message.format = format
        }
        if let facility = fields["facility"].flatMap({ named($0, Message.Facility.self) }) {
            message.facility = facility
        }
        if let severity = fields["severity"].flatMap({ Fields($0, .nodeSeverity) }) {
            message.output = severity["stdout"].flatMap { named($0, Message.Severity.self) } ?? message.output
            message.error = severity["stderr"].flatMap { named($0, Message.Severity.self) } ?? message.error
        }
        if let field = fields["max_message"], let size = field.bytes() {
            if (leastMessage...most).contains(size.bytes) {
                message.maximum = Int(size.bytes)
            } else {
                field.refuse("must be from \(leastMessage) to \(most) bytes", "write for example 8k")
            }
        }
        message.hasMark = fields["bom"]?.bool() ?? false
        message.structure = fields["sd_id"].flatMap(structure) ?? message.structure
        guard message.format == .rfc3164 else { return }
        for word in ["bom", "sd_id"] {
            fields[word]?.refuse("means nothing to rfc3164", "remove the key, or use 'format: rfc5424'")
        }
    }

    /// `NAME@NUMBER` of at most 32 characters (RFC 5424, 6.3.2).
    private static func structure(_ field: Field) -> String? {
        field.parsed("the name of structured data", "write for example martlet@32473") { text in
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            guard text.utf8.count <= 32, parts.count == 2, Characters.isName(parts[0], and: "._-"),
                (1...10).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(Characters.isDigit)
            else { return nil }
            return text
        }
    }

    /// One of a few words.
    static func word<Word: CaseIterable & RawRepresentable<String>>(_ field: Field, _: Word.Type) -> Word? {
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        return field.parsed("one of \(words)", Word.init(rawValue:))
    }

    /// One of a few words that stand for numbers.
    private static func named<Word: CaseIterable>(_ field: Field, _: Word.Type) -> Word? {
        let words = Word.allCases.map { "\($0)" }.joined(separator: ", ")
        return field.parsed("one of \(words)") { text in Word.allCases.first { "\($0)" == text } }
    }
}
