// SPDX-License-Identifier: Apache-2.0
public import Desired
public import Linux
public import Logs
internal import Synchronization
internal import Transfer

/// All sinks of a node: each on a thread of its own, with a place of its own in every spool.
///
/// A sink that takes nothing holds up no other, and no container.
public final class LogShipper: Sendable {
    private struct Pump: Sendable {
        let inbox: PumpInbox
        let gauge: SinkGauge
        let scope: TransferScope
        let lag: LagLimit
        let isOver: Monitor<Bool>
    }

    private let pumps: [String: Pump]
    /// A spool of which a sink has not sent everything.
    private struct Shipment {
        var spool: WeakSpool?
        /// Where those sinks are; nil for one that has not looked yet.
        var places: [String: LogCursor?] = [:]

        /// What each sink loses with the spool that has not everything.
        func losses(_ path: String) throws(LogError) -> [String: PumpInbox.Removal.Loss] {
            guard !places.isEmpty else { return [:] }
            let status: SpoolStatus
            if let spool = spool?.spool { status = spool.status } else { status = try Spool(path).status }
            var losses: [String: PumpInbox.Removal.Loss] = [:]
            for (sink, place) in places {
                var place = place
                if place == nil { place = try LogCursorFile(path, reader: sink).cursor }
                losses[sink] = .init(written: status.written, place: place ?? .beginning)
            }
            return losses
        }

        /// What the sinks have not taken yet; nil if they have everything.
        func unsent(_ path: String) -> UnsentLog? {
            guard !places.isEmpty else { return nil }
            let streams = places.values.map { $0?.places ?? LogCursor.beginning.places }
            let passed = streams.map { $0.stdout.passed.lines &+ $0.stderr.passed.lines }.min() ?? 0
            let written = spool?.spool?.status.written
            let lines = written.map { $0.stdout.lines &+ $0.stderr.lines }
            if let lines, lines <= passed { return nil }
            return UnsentLog(
                path: path,
                needed: streams.map { min($0.stdout.next, $0.stderr.next) }.min() ?? 0,
                passed: passed,
                written: lines
            )
        }

        /// Tells who writes it what no sink needs any more, and how far ahead of all of them it may be.
        func release(_ pumps: [String: Pump]) {
            guard let spool = spool?.spool else { return }
            guard !places.isEmpty else { return spool.releaseAll() }
            let needed = places.values.map { place in
                place.map { min($0.places.stdout.next, $0.places.stderr.next) } ?? 0
            }
            let dropped = spool.status.dropped
            let ceilings = places.compactMap { sink, place in
                place.flatMap { pumps[sink]?.lag.ceiling(behind: $0, dropped: dropped) }
            }
            spool.release(upTo: (needed.min() ?? 0) &- 1, ceiling: ceilings.min())
        }
    }

    /// By the spools' paths.
    private let shipments = Mutex<[String: Shipment]>([:])
    private let report: @Sendable (SinkEvent) -> Void

    /// Starts the sinks of `node.yaml`; `report` is called on their threads.
    public init(
        _ sinks: [SinkSettings],
        means: SinkMeans,
        report: @escaping @Sendable (SinkEvent) -> Void
    ) throws(LinuxError) {
        self.report = report
        var pumps: [String: Pump] = [:]
        for sink in sinks {
            pumps[sink.name] = Pump(
                inbox: PumpInbox(),
                gauge: SinkGauge(SinkReport(name: sink.name, kind: sink.kind.word)),
                scope: TransferScope(),
                lag: LagLimit(sink.maxLag),
                isOver: Monitor(false)
            )
        }
        self.pumps = pumps
        for sink in sinks {
            guard let pump = pumps[sink.name] else { continue }
            try start(sink, pump, means)
        }
    }

    deinit { end() }

    /// The names of all sinks.
    public var names: Set<String> { Set(pumps.keys) }

    /// How all sinks are, by name.
    public var reports: [SinkReport] {
        let waiting = shipments.withLock { shipments in
            var waiting: [String: UInt64] = [:]
            for shipment in shipments.values {
                guard let written = shipment.spool?.spool?.status.written else { continue }
                for (sink, place) in shipment.places {
                    guard let place else { continue }
                    for stream in LogStream.allCases {
                        let (all, passed) = (written[stream].lines, place.places[stream].passed.lines)
                        waiting[sink, default: 0] += all > passed ? all - passed : 0
                    }
                }
            }
            return waiting
        }
        return pumps.map { name, pump in
            var report = pump.gauge.current
            report.pending = max(report.pending, waiting[name] ?? 0)
            return report
        }
        .sorted { $0.name < $1.name }
    }

    /// Has the lines of a spool sent from where each sink stopped, or from the oldest that is kept.
    ///
    /// Asked again it sends to others, or tells them of another origin.
    ///
    /// - Parameters:
    ///   - path: The folder of the spool.
    ///   - origin: Whose lines they are.
    ///   - spool: Who writes it; nil if nobody does any more.
    ///   - names: The sinks; nil is all.
    public func ship(_ path: String, of origin: LogOrigin, spool: Spool?, to names: Set<String>? = nil) {
        let wanted = pumps.filter { names?.contains($0.key) ?? true }
        let writer = spool.map(WeakSpool.init)
        shipments.withLock { shipments in
            var shipment = shipments[path] ?? Shipment()
            shipment.spool = writer
            for (name, pump) in pumps where wanted[name] == nil && shipment.places[name] != nil {
                shipment.places[name] = nil
                pump.inbox.remove(path)
            }
            for name in wanted.keys where shipment.places[name] == nil { shipment.places[name] = .some(nil) }
            shipments[path] = shipment.places.isEmpty ? nil : shipment
            shipment.release(pumps)
        }
        for pump in wanted.values {
            let inbox = pump.inbox
            inbox.add(PumpInbox.Arrival(path: path, origin: origin, spool: writer))
            spool?.watch { [weak inbox] in
                inbox?.ring(path)
                return inbox != nil
            }
        }
    }

    /// The logs of which a sink has not everything, by their folders.
    public var unsent: [UnsentLog] {
        shipments.withLock { $0.compactMap { $1.unsent($0) } }.sorted { $0.path < $1.path }
    }

    /// Whether a sink has not sent everything of a spool.
    public func isShipping(_ path: String) -> Bool { shipments.withLock { $0[path] != nil } }

    /// A spool is about to be removed: what was not sent is not, and is counted.
    public func forget(_ path: String) {
        let shipment = shipments.withLock { $0.removeValue(forKey: path) }
        var losses: [String: PumpInbox.Removal.Loss] = [:]
        do throws(LogError) { losses = try shipment?.losses(path) ?? [:] } catch {
            for sink in shipment?.places.keys.sorted() ?? [] {
                report(SinkEvent(sink: sink, kind: .cursor("\(error)")))
            }
        }
        for (name, pump) in pumps { pump.inbox.remove(path, losing: losses[name]) }
    }

    /// Sends what is there for at most so long, then ends all threads and waits for their end.
    ///
    /// Blocks. What was not sent is, by who comes next.
    public func stop(within patience: Duration) {
        for pump in pumps.values { pump.inbox.close() }
        let end = ContinuousClock.now + patience
        for pump in pumps.values {
            _ = pump.isOver.wait(for: max(.zero, ContinuousClock.now.duration(to: end))) { $0 ? true : nil }
        }
        self.end()
        for pump in pumps.values { _ = pump.isOver.wait { $0 ? true : nil } }
    }

    private func end() {
        for pump in pumps.values {
            pump.scope.cancel()
            pump.inbox.end()
        }
    }

    private func start(_ settings: SinkSettings, _ pump: Pump, _ means: SinkMeans) throws(LinuxError) {
        switch settings.kind {
        case .syslog(let syslog):
            switch syslog.address.way {
            case .tcp, .tls: try start(settings.name, pump) { StreamSink(syslog, means, in: $0) }
            case .udp, .unix: try start(settings.name, pump) { SyslogDatagramSink(syslog, in: $0) }
            }
        case .relp(let relp): try start(settings.name, pump) { RELPSink(relp, means, in: $0) }
        case .journal(let journal): try start(settings.name, pump) { JournalSink(journal, in: $0) }
        case .forward(let forward):
            if forward.isAcknowledged {
                try start(settings.name, pump) { ForwardSink(forward, means, in: $0) }
            } else {
                try start(settings.name, pump) { StreamSink(forward, means, in: $0) }
            }
        case .lumberjack(let lumberjack):
            try start(settings.name, pump) { LumberjackSink(lumberjack, means, in: $0) }
        case .logstash(let lines):
            try start(settings.name, pump) { StreamSink(lines, means, in: $0) }
        case .http(let http):
            try start(settings.name, pump) { HTTPSink(JSONLanguage(http), http.endpoint, means, in: $0) }
        case .loki(let loki):
            try start(settings.name, pump) { HTTPSink(LokiLanguage(loki), loki.endpoint, means, in: $0) }
        case .otlp(let otlp):
            try start(settings.name, pump) { HTTPSink(OTLPLanguage(otlp), otlp.endpoint, means, in: $0) }
        case .splunk(let splunk):
            try start(settings.name, pump) {
                HTTPSink(SplunkLanguage(splunk), splunk.endpoint, means, in: $0)
            }
        case .gelf(let gelf):
            switch gelf.address {
            case nil: try start(settings.name, pump) { GELFHTTPSink(gelf.endpoint, means, in: $0) }
            case let address? where address.way == .udp:
                try start(settings.name, pump) { GELFDatagramSink(gelf, address, in: $0) }
            case let address?:
                try start(settings.name, pump) { StreamSink(gelf, address, means, in: $0) }
            }
        case .archive(let archive): try start(settings.name, pump, archive, means)
        case .remoteJournal(let journal):
            try start(settings.name, pump) { RemoteJournalSink(journal, means, in: $0) }
        }
    }

    /// Starts the thread of a sink, which is made there.
    private func start<Language: Sink>(
        _ name: String,
        _ pump: Pump,
        _ make: @escaping @Sendable (TransferScope) -> Language
    ) throws(LinuxError) {
        try run(name, pump) { SinkPump($0, make($0.scope)).run() }
    }

    /// Starts the thread of an archive, which is no sink's.
    private func start(
        _ name: String,
        _ pump: Pump,
        _ archive: SinkSettings.Archive,
        _ means: SinkMeans
    ) throws(LinuxError) {
        // `node.yaml` was refused if it names one that it does not have.
        guard let store = means.stores[archive.store] else { return pump.isOver.change { $0 = true } }
        try run(name, pump) { ArchivePump($0, archive, store: store).run() }
    }

    private func run(
        _ name: String,
        _ pump: Pump,
        _ body: @escaping @Sendable (PumpLink) -> Void
    ) throws(LinuxError) {
        let told: @Sendable (SinkEvent) -> Void = { [weak self] event in self?.take(event) }
        try Thread.detach {
            body(
                PumpLink(
                    name,
                    inbox: pump.inbox,
                    gauge: pump.gauge,
                    scope: pump.scope,
                    lag: pump.lag,
                    report: told,
                    confirmed: { [weak self] path, place in self?.confirm(path, place, by: name) }
                )
            )
            pump.isOver.change { $0 = true }
        }
    }

    private func take(_ event: SinkEvent) {
        if case .sent(let path) = event.kind {
            shipments.withLock { shipments in
                shipments[path]?.places[event.sink] = nil
                shipments[path]?.release(pumps)
                if shipments[path]?.places.isEmpty == true { shipments[path] = nil }
            }
        }
        report(event)
    }

    /// A sink needs nothing of a spool before a place any more.
    private func confirm(_ path: String, _ place: LogCursor, by sink: String) {
        shipments.withLock { shipments in
            guard shipments[path]?.places[sink] != nil else { return }
            shipments[path]?.places[sink] = .some(place)
            shipments[path]?.release(pumps)
        }
    }
}
