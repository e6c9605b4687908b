// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Glibc
internal import Linux
internal import Logs
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Sinks

@Suite(
    .enabled(if: SinkReceiver.isThere, "install python3-msgpack"),
    .timeLimit(.minutes(3))
)
struct ForwardTests {
    private func forward(_ receiver: SinkReceiver, _ way: SinkSettings.Address.Way = .tcp)
        -> SinkSettings.Forward
    {
        SinkSettings.Forward(.init(way, "127.0.0.1", receiver.port))
    }

    @Test(arguments: [SinkSettings.Forward.Compression.none, .gzip], [true, false])
    func `lines arrive all, once and in order`(
        _ compression: SinkSettings.Forward.Compression,
        _ isAcknowledged: Bool
    ) async throws {
        let receiver = try SinkReceiver("forward")
        var settings = forward(receiver)
        settings.compression = compression
        settings.isAcknowledged = isAcknowledged
        let bench = try ShippingBench(.forward(settings))
        try bench.writer.write(lines: 0..<Shipment.count / 2)
        bench.ship()
        try await bench.wait(for: Shipment.count / 2)
        try bench.writer.write(lines: Shipment.count / 2..<Shipment.count)
        try await bench.wait(for: Shipment.count)
        #expect(try bench.status.delivery == (isAcknowledged ? .application : .transport))
        while try receiver.lines().count < Shipment.count { try await Task.sleep(for: .milliseconds(5)) }
        Shipment.expectExact(try receiver.lines())
        #expect(try receiver.complaints() == "")
    }

    @Test func `a receiver that is killed again and again loses nothing`() async throws {
        let kills = 6
        let receiver = try SinkReceiver("forward", ["--kills", "\(kills)"])
        let bench = try ShippingBench(.forward(forward(receiver)))
        try await Shipment.outlive(receiver, bench, batch: BatchBounds().lines)
    }

    @Test func `over a unix socket`() async throws {
        let folder = try SinkReceiver.makeFolder()
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let receiver = try SinkReceiver("forward", ["--unix", "\(folder)/socket"])
        let bench = try ShippingBench(
            .forward(SinkSettings.Forward(.init(.unix, "\(folder)/socket")))
        )
        try bench.writer.write(lines: 0..<1_000)
        bench.ship()
        try await bench.wait(for: 1_000)
        Shipment.expectExact(try receiver.lines(), 1_000)
    }

    @Test func `a dead receiver costs nothing, and gets all when it is back`() async throws {
        let receiver = try SinkReceiver("forward", starts: false)
        let bench = try ShippingBench(.forward(forward(receiver)))
        try bench.writer.write(lines: 0..<5_000)
        bench.ship()
        #expect(try await bench.failure().contains("connect to tcp://127.0.0.1:\(receiver.port)"))
        try receiver.start()
        try await bench.wait(for: 5_000)
        Shipment.expectExact(try receiver.lines(), 5_000)
        #expect(bench.events.contains(.resumed))
    }

    // MARK: Answers that are not what they should be

    @Test(arguments: [
        ("wrong", "it acknowledged what was not sent", 1), ("silent", "in time", 0),
        ("half", "closed the connection", 1), ("stop", "closed the connection", 1),
        ("garbage", "no acknowledgement", 0), ("nested", "arrays in arrays", 0),
        ("huge", "talks without end", 0), ("flood", "no acknowledgement", 0),
    ])
    func `an answer that makes no sense is an error, and the same message is sent again`(
        _ fault: String,
        _ reason: String,
        _ deliveries: Int
    ) async throws {
        let receiver = try SinkReceiver("forward", ["--fault", fault])
        var settings = forward(receiver)
        settings.patience = .milliseconds(300)
        let bench = try ShippingBench(.forward(settings))
        try bench.writer.write(lines: 0..<100)
        bench.ship()
        #expect(try await bench.failure().contains(reason))
        try await bench.wait(for: 100)
        let chunks = try receiver.lines("out.chunks")
        #expect(chunks.count == 2)
        #expect(Set(chunks.map { $0.split(separator: " ").first }).count == 1, "\(chunks)")
        #expect(try receiver.lines().count == 100 * (deliveries + 1))
    }

    @Test(arguments: ["slow", "bytes"])
    func `an answer that takes its time is an answer`(_ fault: String) async throws {
        let receiver = try SinkReceiver("forward", ["--fault", fault])
        let bench = try ShippingBench(.forward(forward(receiver)))
        try bench.writer.write(lines: 0..<1_000)
        bench.ship()
        try await bench.wait(for: 1_000)
        Shipment.expectExact(try receiver.lines(), 1_000)
        #expect(try bench.status.retries == 0)
    }

    // MARK: Who is who

    @Test(arguments: [false, true])
    func `both sides prove that they know the key, over TLS`(_ isOnce: Bool) async throws {
        let folder = try SinkReceiver.makeFolder()
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let authority = try TestAuthority(in: folder)
        try authority.certify("server")
        try Shell.run("echo open >\(folder)/key; printf sesame >\(folder)/password")
        let words =
            ["--key", "open", "--user", "martlet", "--password", "sesame"] + (isOnce ? ["--once"] : [])
        let receiver = try SinkReceiver("forward", words, tls: authority)
        var settings = forward(receiver, .tls)
        settings.tls.authorities = .path(authority.certificate)
        settings.sharedKey = .path("\(folder)/key")
        settings.user = "martlet"
        settings.password = .path("\(folder)/password")
        let bench = try ShippingBench(.forward(settings))
        try bench.writer.write(lines: 0..<Shipment.count)
        bench.ship()
        try await bench.wait(for: Shipment.count)
        Shipment.expectExact(try receiver.lines())
        #expect(try bench.status.retries == 0)
    }

    @Test(arguments: [
        (["--key", "other"], "does not let us in (shared_key mismatch)"),
        (["--key", "open", "--user", "martlet"], "wants a user"),
        (["--key", "open", "--hostname", "node-7"], "our own name, node-7"),
    ])
    func `who cannot prove it is refused`(_ words: [String], _ reason: String) async throws {
        let receiver = try SinkReceiver("forward", words)
        try Shell.run("printf open >\(receiver.folder)/key")
        var settings = forward(receiver)
        settings.sharedKey = .path("\(receiver.folder)/key")
        let bench = try ShippingBench(.forward(settings))
        try bench.writer.write(lines: 0..<10)
        bench.ship()
        #expect(try await bench.failure().contains(reason))
        #expect(try receiver.lines() == [])
    }

    @Test(arguments: [true, false])
    func `a receiver that wants a key says so to who has none`(_ isAcknowledged: Bool) async throws {
        let receiver = try SinkReceiver("forward", ["--key", "open"])
        var settings = forward(receiver)
        settings.isAcknowledged = isAcknowledged
        let bench = try ShippingBench(.forward(settings))
        bench.ship()
        // Without acknowledgements a batch may be gone before a slow receiver has said anything.
        while bench.events.isEmpty {
            try bench.writer.write(lines: 0..<10)
            try await Task.sleep(for: .milliseconds(20))
        }
        guard case .failed(let why) = bench.events[0] else {
            Issue.record("\(bench.events)")
            return
        }
        #expect(why.contains("add 'shared_key'"))
        #expect(try receiver.lines() == [])
    }

    @Test func `a certificate of somebody else is refused`() async throws {
        let folder = try SinkReceiver.makeFolder()
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let ours = try TestAuthority(in: "\(folder)/ours"), other = try TestAuthority(in: "\(folder)/other")
        try other.certify("server")
        let receiver = try SinkReceiver("forward", tls: other)
        var settings = forward(receiver, .tls)
        settings.tls.authorities = .path(ours.certificate)
        let bench = try ShippingBench(.forward(settings))
        try bench.writer.write(lines: 0..<10)
        bench.ship()
        #expect(try await bench.failure().contains("tls://127.0.0.1:\(receiver.port)"))
        #expect(try receiver.lines() == [])
    }

    /// Debian's own client finds the receiver of these tests as it finds any other.
    @Test(
        .enabled(
            if: access("/usr/lib/python3/dist-packages/fluent", F_OK) == 0,
            "install python3-fluent-logger"
        )
    )
    func `the receiver of these tests is one to other clients`() async throws {
        let receiver = try SinkReceiver("forward", ["--full"])
        try Shell.run(
            """
            /usr/bin/python3 - <<'EOF'
            from fluent import sender
            logger = sender.FluentSender("app", host="127.0.0.1", port=\(receiver.port), nanosecond_precision=True)
            assert logger.emit_with_time("web", sender.EventTime(1795955696.5), {"log": "hello"})
            logger.close()
            EOF
            """
        )
        while try receiver.lines().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(
            try receiver.lines() == [
                #"{"record": {"log": "hello"}, "tag": "app.web", "time": 1795955696500000000}"#
            ]
        )
    }
}
