// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let patience = Duration.seconds(1)...Duration.seconds(600)

    /// The words of a sink that speaks Fluentd's forward protocol.
    static func forward(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeForward),
            let address = fields.required("url", "add for example 'url: tls://logs.example.net:24224'")
                .flatMap({ sinkAddress($0, [.tcp, .tls, .unix], port: 24224) })
        else { return nil }
        var forward = SinkSettings.Forward(address)
        forward.tls = sinkTLS(fields, isSpoken: address.way == .tls)
        forward.isAcknowledged = fields["ack"]?.bool() ?? true
        forward.patience = fields["ack_timeout"].flatMap(acknowledgement) ?? forward.patience
        if !forward.isAcknowledged {
            fields["ack_timeout"]?.refuse(
                "means nothing without acknowledgements",
                "remove it, or 'ack: false'"
            )
        }
        forward.compression =
            fields["compress"]?.parsed("how entries are packed", "write none or gzip") {
                SinkSettings.Forward.Compression(rawValue: $0)
            } ?? forward.compression
        forward.tag =
            fields["tag"]?.parsed(
                "a tag",
                "use printable ASCII, and of words {node}, {app}, {service}, {instance} and {container}"
            ) { SinkSettings.Forward.Tag($0) } ?? forward.tag
        forward.sharedKey = fields["shared_key"].flatMap(file)
        forward.user = fields["user"]?.string()
        forward.password = fields["password"].flatMap(file)
        for (word, other) in [("user", "password"), ("password", "user"), ("user", "shared_key")]
        where fields[word] != nil && fields[other] == nil {
            fields[word]?.refuse("means nothing without '\(other)'", "add '\(other)'")
        }
        return .forward(forward)
    }

    /// How long a receiver may take to confirm.
    static func acknowledgement(_ field: Field) -> Duration? {
        guard let duration = field.duration() else { return nil }
        guard patience ~= duration else {
            field.refuse("must be from 1s to 10m", "write for example 60s")
            return nil
        }
        return duration
    }
}
