// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Logs
internal import Objects
internal import Transfer

/// An archive's thread: makes objects of what spools have, stores them, and remembers what is stored.
///
/// It is no `Sink`: what waits for minutes waits in the spools, and each instance has objects of its own.
final class ArchivePump {
    /// What is done with a spool between two looks at the inbox; rings within it are one.
    private static let calm = Duration.milliseconds(100)

    private let link: PumpLink
    private let settings: (prefix: String, every: UInt64, size: Int)
    private let store: any ObjectStore
    private let deflater: Deflater

    private var sources: [String: ArchiveSource] = [:]

    init(_ link: PumpLink, _ archive: SinkSettings.Archive, store: any ObjectStore) {
        self.link = link
        settings = (archive.prefix, UInt64(max(0, archive.every / .nanoseconds(1))), archive.size)
        self.store = store
        deflater = Deflater(.gzip)
        link.gauge.change { $0.delivery = .application }
    }

    /// Runs until the scope is called off, or everything was stored after the inbox was closed.
    func run() {
        while !link.scope.isCancelled {
            obey()
            let now = SinkClock.now
            let next = sources.values.filter { $0.since != nil }
                .map { (source: $0, due: due($0)) }
                .min { ($0.source.failures, $0.due) < ($1.source.failures, $1.due) }
            count()
            if let next, next.due <= now {
                archive(next.source)
            } else if link.isClosing {
                break
            } else {
                link.inbox.wait(for: next.map { .nanoseconds(Int64(clamping: $0.due - now)) })
                if !link.isClosing { _ = link.scope.wait(for: Self.calm) }
            }
        }
    }

    /// When an object is to be made of what waits: once it is old enough, or much enough, or the last there will be.
    private func due(_ source: ArchiveSource) -> UInt64 {
        guard let since = source.since, !link.isClosing, !source.isFinished,
            source.waiting.bytes < UInt64(settings.size)
        else { return 0 }
        let (due, isNever) = since.addingReportingOverflow(settings.every)
        return isNever ? .max : due
    }

    private func obey() {
        let news = link.take()
        for removal in news.removals {
            link.lose(removal, behind: sources.removeValue(forKey: removal.path)?.start)
        }
        for arrival in news.arrivals {
            do throws(LogError) {
                if let source = sources[arrival.path] {
                    try source.renew(arrival)
                } else {
                    let source = try ArchiveSource(arrival, archive: link.name)
                    sources[arrival.path] = source
                    link.confirm(source.path, source.start)
                }
            } catch {
                link.tell(.cursor("\(error)"))
            }
            if let source = sources[arrival.path] { leave(source) }
        }
        for path in news.rung {
            guard let source = sources[path] else { continue }
            source.ring(now: SinkClock.now)
        }
    }

    /// Lets go of a spool that nothing more will come from.
    private func leave(_ source: ArchiveSource) {
        guard source.since == nil, source.isFinished else { return }
        sources[source.path] = nil
        link.tell(.sent(source.path))
    }

    // MARK: Objects

    private func archive(_ source: ArchiveSource) {
        // Asked before it is read: what is written between the two is read the next time.
        let isFinished = source.isFinished
        let stretch: ArchiveSource.Stretch?
        do throws(LogError) {
            stretch = try source.read((settings.prefix, settings.size), deflater, lag: link.lag)
        } catch {
            sources[source.path] = nil
            return link.tell(.cursor("\(error)"))
        }
        do {
            if let stretch { try store(stretch, of: source) }
            if isFinished { leave(source) }
        } catch {
            source.failures += 1
            if !link.scope.isCancelled { link.fail("\(error)") }
        }
    }

    /// Each of its steps may be the last: what was planned is made again, byte for byte, in its own place.
    private func store(_ stretch: ArchiveSource.Stretch, of source: ArchiveSource) throws {
        try source.plan(stretch)
        try store.put(stretch.object, at: ObjectKey(stretch.key.text), in: link.scope)
        try source.confirm(stretch)
        link.confirm(source.path, source.start)
        link.succeed { status in
            status.linesIn += UInt64(stretch.lines)
            status.linesOut += UInt64(stretch.lines)
            status.bytesOut += UInt64(stretch.bytes)
            status.batches += 1
            status.missing.merge(stretch.missing, uniquingKeysWith: +)
        }
    }

    private func count() {
        let oldest = sources.values.compactMap(\.since).min()
        let lines = sources.values.reduce(0) { $0 + $1.waiting.lines }
        link.gauge.change { status in
            status.pending = lines
            status.oldestPending = oldest
        }
    }
}
