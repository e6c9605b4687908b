// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Synchronization
internal import Transfer

@testable internal import Logs
@testable internal import Sinks

/// A node with one sink.
final class SinkBench: Sendable {
    private final class Told: Sendable { let kinds = Mutex<[SinkEvent.Kind]>([]) }
    private let told = Told()
    let shipper: LogShipper

    init(_ kind: SinkSettings.Kind) throws {
        let told = told
        shipper = try LogShipper(
            [SinkSettings(name: "far", kind: kind)],
            means: SinkMeans(node: "node-7", client: try TransferClient()) { file in
                guard case .path(let path) = file else { return [] }
                return try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
            },
            report: { event in told.kinds.withLock { $0.append(event.kind) } }
        )
    }

    deinit { shipper.stop(within: .zero) }

    var status: SinkReport { shipper.reports[0] }
    var events: [SinkEvent.Kind] { told.kinds.withLock { $0 } }

    func ship(_ writer: SpoolWriter, fields: [String: String] = [:]) {
        var origin = SpoolWriter.origin()
        origin.fields = fields
        shipper.ship(writer.path, of: origin, spool: writer.spool)
    }

    /// Waits until so many lines were confirmed.
    func wait(for lines: UInt64) async throws {
        while status.linesOut < lines { try await Task.sleep(for: .milliseconds(5)) }
    }

    func waitForFailure() async throws -> String {
        while true {
            if let failure = status.failure { return failure }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// How many lines a test sends.
enum Amount {
    static let lines = getenv("MARTLET_SOAK") == nil ? 20_000 : 100_000
}
