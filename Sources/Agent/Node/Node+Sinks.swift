// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import FoundationEssentials
internal import Images
internal import Linux
internal import Logs
internal import Objects
internal import Plan
internal import Sinks
internal import Transfer

// Where the lines of containers go beside their spools.

extension Node {
    /// The sinks of the node file; nil if there are none.
    static func shipper(
        _ settings: NodeSettings,
        _ stores: [String: any ObjectStore],
        node: String,
        events: EventLog
    ) throws -> LogShipper? {
        guard !settings.sinks.isEmpty else { return nil }
        let means = SinkMeans(node: node, client: try TransferClient(), stores: stores) { file in
            try Folders.read(try file.place(), limit: 1 << 20)
        }
        return try LogShipper(settings.sinks, means: means) { event in
            let subject = "logs to \(event.sink)"
            switch event.kind {
            case .failed(let reason): events.append(.failed, app: nil, "\(subject): \(reason)")
            case .resumed: events.append(.recovered, app: nil, "\(subject): are taken again")
            case .rejected(let lines, let reason):
                events.append(.failed, app: nil, "\(subject): \(lines) lines were refused: \(reason)")
            case .cursor(let reason): events.append(.failed, app: nil, "\(subject): \(reason)")
            case .sent: break
            }
        }
    }

    /// What sinks are told of an instance's lines.
    func origin(of record: InstanceRecord) -> LogOrigin {
        LogOrigin(
            node: name,
            app: record.app,
            service: record.service,
            instance: record.index,
            container: record.id,
            image: record.image,
            imageDigest: record.imageDigest,
            fields: record.logs?.fields ?? [:],
            format: record.logs?.format ?? .none,
            multiline: record.logs?.multiline
        )
    }

    /// Has the sinks send what nobody writes to any more, and was not sent by agents before.
    func shipLeftovers() async throws {
        guard shipper != nil else { return }
        let (logs, live) = (logFolders, Set(instances.values.map { spoolPath($0.record) }))
        try await Thread.run { [self] in
            for spool in logs.spools(app: nil) where !live.contains(spool.path) {
                ship(spool.path, of: spool.name)
            }
        }
    }

    /// Has the sinks send a log that nobody writes to any more; blocks.
    nonisolated func ship(_ path: String, of name: InstanceName) {
        let origin =
            LogOrigin(savedIn: path)
            ?? LogOrigin(
                node: self.name,
                app: name.app,
                service: name.service,
                instance: name.index,
                container: path.split(separator: "/").last.map(String.init) ?? "",
                image: "",
                imageDigest: ""
            )
        shipper?.ship(path, of: origin, spool: nil)
    }

    /// Ends the sinks' threads: at once if an agent goes on after us, and what was not sent is sent by it.
    ///
    /// Where nothing runs any more, the last lines get a while, and also where somebody says so.
    func stopShipping(within patience: Duration? = nil) async {
        guard let shipper else { return }
        let patience = patience ?? (instances.isEmpty ? .seconds(5) : .zero)
        // Where no thread can be made for it they end with the process.
        try? await Thread.run { shipper.stop(within: patience) }
    }

    /// How it stands with the sinks.
    func sinkStatus() -> [SinkStatus] {
        shipper?.reports.map { report in
            SinkStatus(
                name: report.name,
                kind: report.kind,
                delivery: report.delivery.rawValue,
                state: report.failure == nil ? "ok" : "failing",
                since: report.failingSince.map { Timestamp.text(Int64(clamping: $0)) },
                reason: report.failure ?? "",
                linesIn: report.linesIn,
                linesOut: report.linesOut,
                bytesOut: report.bytesOut,
                retries: report.retries,
                dropped: Dictionary(
                    uniqueKeysWithValues: LossCause.allCases.map { ($0.rawValue, report.missing[$0] ?? 0) }
                        + [("rejected", report.droppedAsRejected), ("removed", report.droppedAsRemoved)]
                ),
                lagLines: report.pending,
                lagSeconds: report.oldestPending.map {
                    max(0, Double(Timestamp.now() - Int64(clamping: $0)) / 1e9)
                } ?? 0
            )
        } ?? []
    }
}

extension LogOrigin {
    static let file = "origin.json"

    /// Leaves beside the lines whose they are, for agents that know it only from there.
    func save(in spool: String) throws {
        try Folders.replace(Self.file, in: spool, with: Array(JSONEncoder().encode(self)))
    }

    /// Whose the lines of a spool are; nil if that was not left there, or cannot be read.
    init?(savedIn spool: String) {
        guard let bytes = try? Folders.read("\(spool)/\(Self.file)", limit: 1 << 20),
            let origin = try? JSONDecoder().decode(LogOrigin.self, from: Data(bytes))
        else { return nil }
        self = origin
    }
}

extension LogShipper {
    /// Has the lines of a spool sent that is being written, and leaves beside them whose they are.
    func ship(_ path: String, _ spool: Spool, of origin: LogOrigin, to sinks: [String]?) throws {
        try origin.save(in: path)
        ship(path, of: origin, spool: spool, to: sinks.map(Set.init))
    }
}
