// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Synchronization
internal import Transfer

@testable internal import Logs
@testable internal import Sinks

/// An archive with its thread.
final class ArchiveBench: Sendable {
    let inbox = PumpInbox()
    let gauge = SinkGauge(SinkReport(name: "old", kind: "archive"))
    let scope = TransferScope()
    let isOver = Monitor(false)
    private let told = Told()
    var events: [SinkEvent.Kind] { told.events.withLock { $0 } }

    private final class Told: Sendable { let events = Mutex<[SinkEvent.Kind]>([]) }

    init(_ store: WatchedStore, every: Duration = .seconds(300), size: Int = 16 << 20) throws {
        let (inbox, gauge, scope, isOver, told) = (inbox, gauge, scope, isOver, told)
        var settings = SinkSettings.Archive(store: "files")
        settings.every = every
        settings.size = size
        let archive = settings
        store.state.withLock { $0.victim = scope }
        try Thread.detach {
            let link = PumpLink("old", inbox: inbox, gauge: gauge, scope: scope) { event in
                told.events.withLock { $0.append(event.kind) }
            }
            ArchivePump(link, archive, store: store).run()
            isOver.change { $0 = true }
        }
    }

    func add(_ writer: SpoolWriter, _ origin: LogOrigin = SpoolWriter.origin(), isLive: Bool = true) {
        let (inbox, path) = (inbox, writer.path)
        inbox.add(.init(path: path, origin: origin, spool: isLive ? WeakSpool(writer.spool) : nil))
        guard isLive else { return }
        writer.spool.watch {
            inbox.ring(path)
            return true
        }
    }

    /// Waits for the end that somebody else brings.
    func waitForEnd() { _ = isOver.wait { $0 ? true : nil } }

    func kill() {
        scope.cancel()
        inbox.end()
        waitForEnd()
    }

    func drain() {
        inbox.close()
        waitForEnd()
    }

    deinit { kill() }
}

extension WatchedStore {
    /// Everything that is met when it is read back.
    func items(_ query: ArchiveQuery = ArchiveQuery(node: "node-7")) throws -> [ArchiveReader.Item] {
        var reader = try ArchiveReader(self, prefix: "logs", query, in: TransferScope())
        var items: [ArchiveReader.Item] = []
        while let item = try reader.next() { items.append(item) }
        return items
    }

    /// The text of all lines that are read back.
    func lines(_ query: ArchiveQuery = ArchiveQuery(node: "node-7")) throws -> [String] {
        try items(query).compactMap { item in
            guard case .event(.line(let line), _, _, _) = item else { return nil }
            return String(decoding: line.bytes, as: UTF8.self)
        }
    }
}
