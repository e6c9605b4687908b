// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Desired

@Suite struct NodeHTTPSinksTests {
    private static func sinks(_ text: String) throws -> [SinkSettings] {
        try NodeSettings.decode(
            yaml: "format: 1\nstores: { files: { dir: { path: /srv } } }\nsinks:\n  far: { \(text) }\n",
            file: "node.yaml"
        ).sinks
    }

    private static func problem(_ text: String) -> String {
        do {
            _ = try sinks(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("http: { url: 'https://a.test' }", "https://a.test/"),
        ("http: { url: 'http://a.test:1/b?c=d' }", "http://a.test:1/b?c=d"),
        ("loki: { url: 'http://a.test:3100' }", "http://a.test:3100/loki/api/v1/push"),
        ("loki: { url: 'http://a.test:3100/' }", "http://a.test:3100/loki/api/v1/push"),
        ("loki: { url: 'http://a.test/own' }", "http://a.test/own"),
        ("otlp: { url: 'http://[::1]:4318' }", "http://[::1]:4318/v1/logs"),
        ("splunk: { url: 'https://a.test', token: 'cred:t' }", "https://a.test/services/collector/event"),
    ]) func `a URL without a path is completed`(_ text: String, _ url: String) throws {
        let endpoint: SinkSettings.Endpoint? =
            switch try Self.sinks(text)[0].kind {
            case .http(let http): http.endpoint
            case .loki(let loki): loki.endpoint
            case .otlp(let otlp): otlp.endpoint
            case .splunk(let splunk): splunk.endpoint
            default: nil
            }
        #expect(endpoint?.url == url)
    }

    @Test func `everything that can be said of a receiver by HTTP`() throws {
        let sinks = try Self.sinks(
            "http: { url: 'https://a.test/', format: json, method: PUT, headers: { X-A: b }, auth: cred:a, "
                + "compress: none, ca: /ca, cert: /c, key: /k, verify: false }"
        )
        var endpoint = SinkSettings.Endpoint(url: "https://a.test/")
        endpoint.authorization = .credential("a")
        endpoint.isPacked = false
        endpoint.tls.authorities = .path("/ca")
        endpoint.tls.identity = .init(certificate: .path("/c"), key: .path("/k"))
        endpoint.tls.isVerified = false
        var http = SinkSettings.HTTP(endpoint)
        (http.format, http.method, http.headers) = (.json, "PUT", ["X-A": "b"])
        #expect(sinks == [SinkSettings(name: "far", kind: .http(http))])
    }

    @Test(arguments: [
        ("gelf: { url: 'udp://a.test', compress: none, chunk: 1420 }", "udp://a.test:12201"),
        ("gelf: { url: 'tls://a.test:1', ca: /ca }", "tls://a.test:1"),
        ("gelf: { url: 'http://a.test' }", "http://a.test/gelf"),
    ]) func `GELF by several ways`(_ text: String, _ url: String) throws {
        guard case .gelf(let gelf) = try Self.sinks(text)[0].kind else {
            Issue.record("no GELF")
            return
        }
        #expect(gelf.endpoint.url == url && (gelf.address == nil) == url.hasPrefix("http"))
        #expect(gelf.chunk == (url.hasPrefix("udp") ? 1_420 : 8_192))
    }

    @Test func `an archive`() throws {
        var archive = SinkSettings.Archive(store: "files")
        #expect(try Self.sinks("archive: { store: files }")[0].kind == .archive(archive))
        (archive.prefix, archive.every, archive.size) = ("a/b", .seconds(60), 1 << 20)
        let text = "archive: { store: files, prefix: a/b, every: 1m, size: 1M }"
        #expect(try Self.sinks(text)[0].kind == .archive(archive))
    }

    @Test func `OTLP has an encoding, and Splunk may confirm`() throws {
        var otlp = SinkSettings.OTLP(.init(url: "http://a.test/v1/logs"))
        #expect(try Self.sinks("otlp: { url: 'http://a.test', encoding: json }")[0].kind == .otlp(otlp))
        otlp.encoding = .protobuf
        #expect(try Self.sinks("otlp: { url: 'http://a.test', encoding: protobuf }")[0].kind == .otlp(otlp))
        let url = "http://a.test/splunk/services/collector/raw?channel=a"
        var splunk = SinkSettings.Splunk(.init(url: url), token: .path("/t"))
        splunk.isAcknowledged = true
        splunk.patience = .seconds(300)
        #expect(splunk.acknowledgementURL == "http://a.test/splunk/services/collector/ack")
        let text = "splunk: { url: '\(url)', token: /t, ack: true, ack_timeout: 5m }"
        #expect(try Self.sinks(text)[0].kind == .splunk(splunk))
    }

    @Test(arguments: [
        ("http: { url: 'ftp://a.test' }", "is not the URL of a receiver"),
        ("http: { url: 'http://a.test', ca: /ca }", "means nothing without TLS"),
        ("http: { url: 'http://a.test', method: GET }", "use POST or PUT"),
        ("http: { url: 'http://a.test', headers: { Host: x } }", "cannot be set"),
        ("http: { url: 'http://a.test', headers: { X-A: \"a\\nb\" } }", "is not the value of a field"),
        ("loki: { url: 'http://a.test', labels: [app, pod] }", "is not what a line can be labelled with"),
        ("loki: { url: 'http://a.test', labels: [] }", "takes no line without a label"),
        ("loki: { url: 'http://a.test', tenant: 'a b' }", "is not a tenant"),
        ("otlp: { url: 'http://a.test', tenant: a }", "unknown key"),
        ("splunk: { url: 'http://a.test' }", "'token' is missing"),
        ("otlp: { url: 'http://a.test', encoding: xml }", "is not one of json, protobuf"),
        ("splunk: { url: 'http://a.test', token: /t, ack_timeout: 5s }", "means nothing without"),
        ("splunk: { url: 'http://a.test/in', token: /t, ack: true }", "has no place for acknowledgements"),
        ("gelf: { url: 'tcp://a.test', compress: gzip }", "GELF is not packed over TCP"),
        ("gelf: { url: 'tcp://a.test', chunk: 1420 }", "means nothing without UDP"),
        ("gelf: { url: 'udp://a.test', auth: cred:a }", "means nothing without HTTP"),
        ("gelf: { url: 'udp://a.test', cert: /c }", "means nothing without TLS"),
        ("archive: { store: other }", "is not under stores"),
        ("archive: { store: files, every: 0s }", "must be from 1s to 24h"),
        ("archive: { store: files, size: 1G }", "must be from 64K to 64M"),
        ("archive: { store: files, prefix: ../x }", "is not what names of objects begin with"),
    ]) func `what means nothing is refused`(_ text: String, _ why: String) {
        #expect(Self.problem(text).contains(why), "\(Self.problem(text))")
    }
}
