// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// The words of a sink that speaks lumberjack.
    static func lumberjack(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeLumberjack),
            let address = fields.required("url", "add for example 'url: tls://logs.example.net:5044'")
                .flatMap({ sinkAddress($0, [.tcp, .tls], port: 5044) })
        else { return nil }
        var lumberjack = SinkSettings.Lumberjack(address)
        lumberjack.tls = sinkTLS(fields, isSpoken: address.way == .tls)
        lumberjack.window = fields["window"]?.integer(1...65_536) ?? lumberjack.window
        lumberjack.level = fields["compress"]?.integer(0...3) ?? lumberjack.level
        lumberjack.patience = fields["ack_timeout"].flatMap(acknowledgement) ?? lumberjack.patience
        return .lumberjack(lumberjack)
    }

    /// The words of a sink that speaks lines of JSON to Logstash.
    static func logstash(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeLogstash),
            let address = fields.required("url", "add for example 'url: tls://logs.example.net:5000'")
                .flatMap({ sinkAddress($0, [.tcp, .tls], port: nil) })
        else { return nil }
        var lines = SinkSettings.JSONLines(address)
        lines.tls = sinkTLS(fields, isSpoken: address.way == .tls)
        return .logstash(lines)
    }
}
