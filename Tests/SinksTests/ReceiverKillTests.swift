// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Foundation
internal import Glibc
internal import TestKit
internal import Testing

@testable internal import Sinks

/// Receivers that acknowledge, killed again and again while lines come at a steady rate.
@Suite(.timeLimit(.minutes(5))) struct ReceiverKillTests {
    private static let isSoak = getenv("MARTLET_SOAK") != nil
    private static let every = Duration.seconds(isSoak ? 5 : 1), kills = isSoak ? 11 : 2, rate = 2_000

    /// Each at the same time, so that it takes no longer than one.
    @Test func `nothing is lost, all is in order, and at most a batch comes twice for each death`()
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for language in Language.allCases where language.isThere {
                group.addTask { try await Self.run(language) }
            }
            try await group.waitForAll()
        }
    }

    private static func run(_ language: Language) async throws {
        let receiver = try language.receiver(), bench = try ShippingBench(receiver.kind)
        bench.ship()
        let part = rate * Int(every / .seconds(1))
        for round in 0...kills {
            try await bench.writer.write(lines: round * part..<(round + 1) * part, rate: rate)
            guard round < kills else { break }
            // The last lines are on their way.
            receiver.kill()
            try receiver.start()
        }
        let lines = part * (kills + 1)
        try await bench.wait(for: lines)
        Shipment.expectWhole(try receiver.lines(), deaths: kills, batch: language.batch, lines)
        #expect(try bench.status.droppedAsRejected == 0 && bench.status.missing.isEmpty, "\(language)")
    }

    private enum Language: CaseIterable {
        case relp, forward, lumberjack, loki, otlp, protobuf, ndjson, json, splunk

        /// Lines of a batch.
        var batch: Int { [.relp, .lumberjack].contains(self) ? 2_048 : 8_192 }

        var isThere: Bool {
            switch self {
            case .relp: RsyslogServer.isThere
            case .forward: SinkReceiver.isThere
            default: access("/usr/bin/python3", X_OK) == 0
            }
        }

        func receiver() throws -> Receiver {
            switch self {
            case .relp:
                let server = try RsyslogServer()
                return Receiver(
                    kind: .relp(.init(.init(.tcp, "127.0.0.1", server.relp))),
                    kill: server.kill,
                    start: server.start,
                    lines: {
                        try server.messages("relp").map { $0.msg.trimmingCharacters(in: .whitespaces) }
                    }
                )
            case .forward:
                let receiver = try SinkReceiver("forward")
                return Receiver(.forward(.init(.init(.tcp, "127.0.0.1", receiver.port))), receiver)
            case .lumberjack:
                let receiver = try SinkReceiver("lumberjack")
                return Receiver(.lumberjack(.init(.init(.tcp, "127.0.0.1", receiver.port))), receiver)
            case .loki: return try by(.loki)
            case .otlp: return try by(.otlp)
            case .protobuf: return try by(.protobuf)
            case .ndjson: return try by(.ndjson)
            case .json: return try by(.json)
            case .splunk: return try by(.splunk)
            }
        }

        private func by(_ kind: HTTPKind) throws -> Receiver {
            let receiver = try HTTPReceiver()
            try Shell.run("echo secret >\(receiver.folder)/token")
            return Receiver(
                kind: kind.sink("http://127.0.0.1:\(receiver.port)", token: "\(receiver.folder)/token"),
                kill: receiver.end,
                start: { try receiver.start() },
                lines: receiver.lines
            )
        }
    }

    /// What can be killed and started again, and what it has taken.
    private struct Receiver {
        let kind: SinkSettings.Kind
        let kill: () -> Void
        let start: () throws -> Void
        let lines: () throws -> [String]

        init(
            kind: SinkSettings.Kind,
            kill: @escaping () -> Void,
            start: @escaping () throws -> Void,
            lines: @escaping () throws -> [String]
        ) {
            (self.kind, self.kill, self.start, self.lines) = (kind, kill, start, lines)
        }

        init(_ kind: SinkSettings.Kind, _ receiver: SinkReceiver) {
            self.init(
                kind: kind,
                kill: receiver.end,
                start: receiver.start,
                lines: { try receiver.lines() }
            )
        }
    }
}
