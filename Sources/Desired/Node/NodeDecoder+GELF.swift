// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// The words of a sink that speaks GELF.
    static func gelf(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeGELF) else { return nil }
        let url = fields["url"]?.scalar?.text ?? ""
        if url.hasPrefix("http:") || url.hasPrefix("https:") {
            for word in ["chunk", "rate"] { fields[word]?.refuse("means nothing by HTTP", "remove the key") }
            return endpoint(fields, path: "/gelf", "https://graylog.example.net:12201").map {
                .gelf(.init($0))
            }
        }
        let remedy = "add for example 'url: udp://graylog.example.net:12201'"
        guard let place = fields.required("url", remedy),
            let address = sinkAddress(place, [.udp, .tcp, .tls], port: 12_201)
        else { return nil }
        var gelf = SinkSettings.GELF(address, tls: sinkTLS(fields, isSpoken: address.way == .tls))
        fields["auth"]?.refuse("means nothing without HTTP", "remove the key")
        if let compress = fields["compress"] {
            let isPacked = compress.parsed("how messages are packed", "use gzip or none") {
                ["gzip": true, "none": false][$0]
            }
            if isPacked == true, address.way != .udp {
                compress.refuse("GELF is not packed over TCP", "use none")
            }
            gelf.endpoint.isPacked = isPacked ?? true
        }
        if let chunk = fields["chunk"] {
            if address.way != .udp { chunk.refuse("means nothing without UDP", "remove the key") }
            gelf.chunk = chunk.integer(512...65_000) ?? gelf.chunk
        }
        if let field = fields["rate"] { gelf.rate = rate(field, address) ?? gelf.rate }
        return .gelf(gelf)
    }
}
