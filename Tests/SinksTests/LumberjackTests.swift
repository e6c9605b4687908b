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
    .enabled(if: access("/usr/bin/python3", X_OK) == 0, "install python3"),
    .timeLimit(.minutes(3))
)
struct LumberjackTests {
    private func lumberjack(_ receiver: SinkReceiver, _ way: SinkSettings.Address.Way = .tcp)
        -> SinkSettings.Lumberjack
    {
        SinkSettings.Lumberjack(.init(way, "127.0.0.1", receiver.port))
    }

    @Test(arguments: [0, 1, 3]) func `lines arrive all, once and in order`(_ level: Int) async throws {
        let receiver = try SinkReceiver("lumberjack")
        var settings = lumberjack(receiver)
        settings.level = level
        let bench = try ShippingBench(.lumberjack(settings))
        try bench.writer.write(lines: 0..<Shipment.count)
        bench.ship()
        try await bench.wait(for: Shipment.count)
        Shipment.expectExact(try receiver.lines())
        #expect(try bench.status.delivery == .application)
        #expect(try receiver.complaints() == "")
    }

    @Test func `a receiver that is killed again and again loses nothing`() async throws {
        let kills = 6
        let receiver = try SinkReceiver("lumberjack", ["--kills", "\(kills)"])
        let bench = try ShippingBench(.lumberjack(lumberjack(receiver)))
        try await Shipment.outlive(receiver, bench, batch: 2_048)
    }

    @Test(arguments: [
        ("silent", "in time"), ("alive", "says that it lives"), ("garbage", "no acknowledgement"),
        ("more", "acknowledged 101 events, of 100"), ("half", "closed the connection"),
        ("middle", "closed the connection"),
    ])
    func `an answer that makes no sense, or is none, is an error, and all is sent again`(
        _ fault: String,
        _ reason: String
    ) async throws {
        let receiver = try SinkReceiver("lumberjack", ["--fault", fault])
        var settings = lumberjack(receiver)
        settings.patience = .milliseconds(200)
        let bench = try ShippingBench(.lumberjack(settings))
        try bench.writer.write(lines: 0..<100)
        bench.ship()
        #expect(try await bench.failure().contains(reason))
        try await bench.wait(for: 100)
        Shipment.expectWhole(try receiver.lines(), deaths: 1, batch: 100, 100)
        #expect(try receiver.lines("out.chunks").count == 2)
    }

    @Test(arguments: ["slow", "lives", "partial"])
    func `a receiver that says that it is at work is waited for`(_ fault: String) async throws {
        let receiver = try SinkReceiver("lumberjack", ["--fault", fault])
        var settings = lumberjack(receiver)
        if fault != "slow" { settings.patience = .milliseconds(500) }
        let bench = try ShippingBench(.lumberjack(settings))
        try bench.writer.write(lines: 0..<2_048)
        bench.ship()
        try await bench.wait(for: 2_048)
        Shipment.expectExact(try receiver.lines(), 2_048)
        #expect(try bench.status.retries == 0)
    }

    @Test(arguments: [true, false])
    func `over TLS, to whom our authority vouches for`(_ isOurs: Bool) async throws {
        let folder = try SinkReceiver.makeFolder()
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let ours = try TestAuthority(in: "\(folder)/ours"), other = try TestAuthority(in: "\(folder)/other")
        try (isOurs ? ours : other).certify("server")
        let receiver = try SinkReceiver("lumberjack", tls: isOurs ? ours : other)
        var settings = lumberjack(receiver, .tls)
        settings.tls.authorities = .path(ours.certificate)
        let bench = try ShippingBench(.lumberjack(settings))
        try bench.writer.write(lines: 0..<5_000)
        bench.ship()
        if isOurs {
            try await bench.wait(for: 5_000)
            Shipment.expectExact(try receiver.lines(), 5_000)
        } else {
            #expect(try await bench.failure().contains("tls://127.0.0.1:\(receiver.port)"))
            #expect(try receiver.lines() == [])
        }
    }

    // MARK: Lines of JSON

    @Test func `lines of JSON arrive all, once and in order`() async throws {
        let receiver = try SinkReceiver("lines")
        let bench = try ShippingBench(.logstash(.init(.init(.tcp, "127.0.0.1", receiver.port))))
        try bench.writer.write(lines: 0..<Shipment.count)
        bench.ship()
        try await bench.wait(for: Shipment.count)
        while try receiver.lines().count < Shipment.count { try await Task.sleep(for: .milliseconds(5)) }
        Shipment.expectExact(try receiver.lines())
        #expect(try bench.status.delivery == .transport)
    }

    @Test func `lines of JSON wait for a receiver that is not there`() async throws {
        let receiver = try SinkReceiver("lines", starts: false)
        let bench = try ShippingBench(.logstash(.init(.init(.tcp, "127.0.0.1", receiver.port))))
        try bench.writer.write(lines: 0..<5_000)
        bench.ship()
        #expect(try await bench.failure().contains("connect to"))
        try receiver.start()
        try await bench.wait(for: 5_000)
        while try receiver.lines().count < 5_000 { try await Task.sleep(for: .milliseconds(5)) }
        Shipment.expectExact(try receiver.lines(), 5_000)
    }
}
