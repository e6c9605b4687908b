// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumHeaders = 50

    /// The words of a sink that sends JSON by HTTP.
    static func httpSink(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeHTTPSink),
            let endpoint = endpoint(fields, path: "/", "https://logs.example.net/in")
        else { return nil }
        var http = SinkSettings.HTTP(endpoint)
        http.format =
            fields["format"]?.parsed("a format", "use ndjson or json") { .init(rawValue: $0) } ?? http.format
        http.method =
            fields["method"]?.parsed("a method", "use POST or PUT") {
                ["POST", "PUT"].contains($0) ? $0 : nil
            }
            ?? http.method
        if let field = fields["headers"] { http.headers = headers(field) }
        return .http(http)
    }

    /// The words of a sink that speaks to Loki.
    static func loki(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeLoki),
            let endpoint = endpoint(fields, path: "/loki/api/v1/push", "https://loki.example.net")
        else { return nil }
        var loki = SinkSettings.Loki(endpoint)
        loki.tenant = fields["tenant"].flatMap { tenant in
            tenant.parsed("a tenant", "use letters, digits, '.', '_' and '-', at most 150 of them") { text in
                Characters.isName(text, and: "._-|!*'()") && text.utf8.count <= 150 ? text : nil
            }
        }
        if let field = fields["labels"] {
            let labels = field.items().compactMap { item in
                item.parsed(
                    "what a line can be labelled with",
                    "use \(SinkSettings.Loki.Label.allCases.map(\.rawValue).joined(separator: ", "))"
                ) { SinkSettings.Loki.Label(rawValue: $0) }
            }
            if labels.isEmpty {
                field.refuse("Loki takes no line without a label", "write for example [app]")
            }
            loki.labels = labels
        }
        return .loki(loki)
    }

    /// The words of a sink that speaks to an OpenTelemetry collector.
    static func otlp(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeOTLP),
            let endpoint = endpoint(fields, path: "/v1/logs", "https://otel.example.net:4318")
        else { return nil }
        var otlp = SinkSettings.OTLP(endpoint)
        if let field = fields["encoding"] {
            otlp.encoding = word(field, SinkSettings.OTLP.Encoding.self) ?? otlp.encoding
        }
        return .otlp(otlp)
    }

    /// The words of a sink that speaks to Splunk's collector.
    static func splunk(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeSplunk),
            let endpoint = endpoint(
                fields,
                path: "/services/collector/event",
                "https://splunk.example.net:8088"
            ),
            let token = fields.required("token", "add for example 'token: cred:splunk'").flatMap(file)
        else { return nil }
        var splunk = SinkSettings.Splunk(endpoint, token: token)
        splunk.isAcknowledged = fields["ack"]?.bool() ?? false
        splunk.patience = fields["ack_timeout"].flatMap(acknowledgement) ?? splunk.patience
        if !splunk.isAcknowledged {
            fields["ack_timeout"]?.refuse("means nothing without acknowledgements", "add 'ack: true'")
        } else if splunk.acknowledgementURL == nil {
            fields["url"]?.refuse(
                "has no place for acknowledgements",
                "write for example https://splunk.example.net:8088/services/collector/event"
            )
        }
        return .splunk(splunk)
    }

    // MARK: What all of them have

    /// `url`, `auth`, `compress` and what TLS needs; `path` is where a receiver listens whose URL has none.
    static func endpoint(_ fields: Fields, path: String, _ example: String) -> SinkSettings.Endpoint? {
        guard let place = fields.required("url", "add for example 'url: \(example)'"),
            let url = place.parsed("the URL of a receiver", "write for example \(example)", { url($0, path) })
        else { return nil }
        var endpoint = SinkSettings.Endpoint(url: url)
        endpoint.tls = sinkTLS(fields, isSpoken: url.hasPrefix("https:"))
        endpoint.authorization = fields["auth"].flatMap(file)
        if let compress = fields["compress"] {
            endpoint.isPacked =
                compress.parsed("how bodies are packed", "use gzip or none") {
                    ["gzip": true, "none": false][$0]
                } ?? true
        }
        return endpoint
    }

    private static func url(_ text: String, _ path: String) -> String? {
        guard let colon = text.firstRange(of: "://") else { return nil }
        let whole = text[colon.upperBound...].contains("/") ? text : "\(text)/"
        guard isURL(whole + "x", ["https", "http"]) else { return nil }
        let isBare = whole.hasSuffix("/") && !whole[colon.upperBound...].dropLast().contains("/")
        return isBare ? String(whole.dropLast()) + path : whole
    }

    private static func headers(_ field: Field) -> [String: String] {
        let entries = field.entries()
        guard entries.count <= maximumHeaders else {
            field.refuse("more than \(maximumHeaders) fields", "remove some")
            return [:]
        }
        var headers: [String: String] = [:]
        for (name, field) in entries {
            let ours = [
                "authorization", "content-length", "content-type", "content-encoding", "host",
                "transfer-encoding",
            ]
            guard Characters.isName(name, and: "!#$%&'*+-.^_`|~"), !ours.contains(name.lowercased()) else {
                field.refuse(
                    "\(Characters.quoted(name)) cannot be set",
                    "name a field that HTTP does not need itself; 'auth' has the place for 'Authorization'"
                )
                continue
            }
            guard let value = field.text() else { continue }
            if value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), value.utf8.count <= 1_024 {
                headers[name] = value
            } else {
                field.refuse("is not the value of a field", "use printable ASCII, at most 1024 bytes of it")
            }
        }
        return headers
    }
}
