// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumSinks = 32
    /// The words that say what a sink speaks, each with its reader.
    private static func languages(
        _ stores: Set<String>
    ) -> [(word: String, read: (Field) -> SinkSettings.Kind?)] {
        [
            ("syslog", syslog), ("relp", relp), ("journald", journal),
            ("forward", forward), ("lumberjack", lumberjack), ("logstash", logstash),
            ("archive", { archive($0, stores) }),
            ("http", httpSink), ("loki", loki), ("otlp", otlp), ("splunk", splunk), ("gelf", gelf),
            ("journal-remote", remoteJournal),
        ]
    }

    /// The section `sinks`, in the order of their names.
    static func sinks(_ field: Field, stores: Set<String>) -> [SinkSettings] {
        let entries = field.entries()
        guard entries.count <= maximumSinks else {
            field.refuse("more than \(maximumSinks) sinks", "send to one that sends on")
            return []
        }
        return entries.compactMap { name, field in
            guard Names.resource(name) != nil else {
                field.refuse(
                    "\(Characters.quoted(name)) is not the name of a sink",
                    "use letters, digits, '.', '_' and '-', at most 63 of them"
                )
                return nil
            }
            return sink(field, stores, name)
        }
        .sorted { $0.name < $1.name }
    }

    private static func sink(_ field: Field, _ stores: Set<String>, _ name: String) -> SinkSettings? {
        guard let fields = Fields(field, .nodeSink) else { return nil }
        let spoken = languages(stores).filter { fields[$0.word] != nil }
        guard let language = spoken.first, let place = fields[language.word] else {
            if !field.findings.hasProblem(within: field.path) {
                field.refuse("says not what it speaks", "add for example 'journald: {}'")
            }
            return nil
        }
        if spoken.count > 1 {
            field.refuse(
                "speaks \(spoken.map(\.word).joined(separator: " and "))",
                "make a sink of each"
            )
            return nil
        }
        guard let kind = language.read(place) else { return nil }
        var sink = SinkSettings(name: name, kind: kind)
        let logs = LogDecoder()
        sink.keep = fields["keep"].map(logs.keep) ?? sink.keep
        if let lag = fields["max_lag"] {
            sink.maxLag = lag.isMapping ? logs.keep(lag) : LogSettings.Keep(size: logs.size(lag))
        }
        return sink
    }

    // MARK: What several of them have

    /// `WAY://HOST[:PORT]`, or `unix://PATH`.
    static func sinkAddress(
        _ field: Field,
        _ ways: Set<SinkSettings.Address.Way>,
        port usual: UInt16?
    ) -> SinkSettings.Address? {
        let scheme = ways.map(\.rawValue).sorted().joined(separator: ", ")
        return field.parsed(
            "the address of a receiver",
            "write for example tcp://logs.example.net:\(usual ?? 514); it may begin with \(scheme)"
        ) { text in
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let way = SinkSettings.Address.Way(rawValue: String(parts[0])),
                ways.contains(way), parts[1].hasPrefix("//")
            else { return nil }
            let rest = parts[1].dropFirst(2)
            if way == .unix {
                return rest.hasPrefix("/") && rest.utf8.count <= 107 ? .init(.unix, String(rest)) : nil
            }
            guard RepositoryPrefixes.isHost(rest) else { return nil }
            var host = rest[...], port = usual
            if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
                guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
                (host, port) = (rest[..<colon], number)
            }
            guard let port else { return nil }
            return .init(way, String(host).replacing("[", with: "").replacing("]", with: ""), port)
        }
    }

    /// `ca`, `cert`, `key` and `verify` of a sink, which mean something over TLS alone.
    static func sinkTLS(_ fields: Fields, isSpoken: Bool) -> SinkSettings.TLS {
        var tls = SinkSettings.TLS()
        guard isSpoken else {
            for word in ["ca", "cert", "key", "verify"] {
                fields[word]?.refuse("means nothing without TLS", "use a tls:// or https:// address")
            }
            return tls
        }
        tls.authorities = fields["ca"].flatMap(file)
        tls.isVerified = fields["verify"]?.bool() ?? true
        switch (fields["cert"], fields["key"]) {
        case (let certificate?, let key?):
            if let certificate = file(certificate), let key = file(key) {
                tls.identity = .init(certificate: certificate, key: key)
            }
        case (let alone?, nil): alone.refuse("has no key", "add 'key'")
        case (nil, let alone?): alone.refuse("has no certificate", "add 'cert'")
        case (nil, nil): break
        }
        return tls
    }
}
