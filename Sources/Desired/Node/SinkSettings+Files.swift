// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// The files that whoever sends to it reads.
    public var files: [RegistrySettings.File] {
        switch kind {
        case .syslog(let syslog): syslog.tls.files
        case .relp(let relp): relp.tls.files
        case .journal, .archive: []
        case .forward(let forward):
            forward.tls.files + [forward.sharedKey, forward.password].compactMap(\.self)
        case .lumberjack(let lumberjack): lumberjack.tls.files
        case .logstash(let lines): lines.tls.files
        case .http(let http): http.endpoint.files
        case .loki(let loki): loki.endpoint.files
        case .otlp(let collector): collector.endpoint.files
        case .splunk(let splunk): splunk.endpoint.files + [splunk.token]
        case .gelf(let gelf): gelf.endpoint.files
        case .remoteJournal(let journal): journal.tls.files
        }
    }
}

extension SinkSettings.TLS {
    fileprivate var files: [RegistrySettings.File] {
        [authorities, identity?.certificate, identity?.key].compactMap(\.self)
    }
}

extension SinkSettings.Endpoint {
    fileprivate var files: [RegistrySettings.File] { [authorization].compactMap(\.self) + tls.files }
}
