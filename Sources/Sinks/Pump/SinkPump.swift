// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Logs
internal import Transfer

/// One sink's thread: reads what spools have, sends it, and remembers what was confirmed.
///
/// It pulls: what cannot be sent stays in the spools, which are bounded, and costs no memory.
final class SinkPump<Language: Sink> {
    /// A batch on its way.
    private struct Parcel {
        /// Nil when nothing is to be sent: its lines were refused.
        var payload: Language.Payload?
        let marks: [(source: SinkSource, end: LogCursor)]
        let lines: Int
        let bytes: Int
        let oldest: UInt64
        var refused = 0
        var isSent = false
    }

    /// Lines and bytes that a spool gives before it is another's turn.
    private static var turn: (lines: Int, bytes: Int) { (2_048, 128 << 10) }

    private let link: PumpLink
    private var sink: Language
    private let bounds: BatchBounds

    private var sources: [String: SinkSource] = [:]
    private var queue: [SinkSource] = []
    private var parcels: [Parcel] = []
    /// Whether any spool's lines are joined.
    private var joins = false
    private var lastRejection: ContinuousClock.Instant?

    init(_ link: PumpLink, _ sink: Language) {
        self.link = link
        self.sink = sink
        bounds = sink.bounds
        link.gauge.change { $0.delivery = sink.delivery }
    }

    /// Runs until the scope is called off, or everything was sent after the inbox was closed.
    func run() {
        while !link.scope.isCancelled {
            do throws(SinkError) {
                if try !step() { break }
            } catch {
                fail(error)
            }
        }
        sink.disconnect()
    }

    /// One thing that can be done; false when nothing is left to be done.
    private func step() throws(SinkError) -> Bool {
        obey()
        if let next = parcels.firstIndex(where: { !$0.isSent }), next < bounds.window {
            try send(next)
        } else if parcels.count < bounds.window, let parcel = gather(mayWait: parcels.isEmpty) {
            parcels.append(parcel)
            count()
        } else if parcels.count == bounds.window, bounds.linger == .zero, let parcel = gather(mayWait: false)
        {
            // Put in the receiver's language while the receiver is at work.
            parcels.append(parcel)
            count()
        } else if let parcel = parcels.first {
            // What is written meanwhile does not wait for what is on its way.
            var isDue = parcel.payload == nil || parcels.count >= bounds.window
            if !isDue { isDue = try sink.isConfirmed(within: .milliseconds(2)) }
            if isDue { try confirm() }
        } else if link.isClosing {
            return false
        } else {
            link.inbox.wait(for: deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) })
        }
        return true
    }

    // MARK: Sending

    private func send(_ index: Int) throws(SinkError) {
        if let payload = parcels[index].payload {
            do throws(SinkError) {
                try sink.send(payload)
            } catch {
                guard case .rejected = error.cause else { throw error }
                refuse(index, error)
            }
        }
        parcels[index].isSent = true
    }

    private func confirm() throws(SinkError) {
        if parcels[0].payload != nil {
            do throws(SinkError) {
                parcels[0].refused += try sink.confirm()
            } catch {
                guard case .rejected = error.cause else { throw error }
                refuse(0, error)
            }
        }
        let parcel = parcels.removeFirst()
        for mark in parcel.marks {
            mark.source.parcels -= 1
            do throws(LogError) { try mark.source.confirm(mark.end) } catch { link.tell(.cursor("\(error)")) }
            link.confirm(mark.source.path, mark.end)
            leave(mark.source)
        }
        link.succeed { status in
            status.linesOut += UInt64(parcel.lines - parcel.refused)
            status.bytesOut += UInt64(parcel.bytes)
            status.batches += 1
            status.droppedAsRejected += UInt64(parcel.refused)
        }
        count()
    }

    private func refuse(_ index: Int, _ error: SinkError) {
        parcels[index].payload = nil
        parcels[index].refused = parcels[index].lines
        tellRejected(parcels[index].lines, error)
    }

    /// Begins anew: everything that is not confirmed is sent again, in order.
    private func fail(_ error: SinkError) {
        guard case .unavailable(_, let least) = error.cause else { return }
        sink.disconnect()
        let again = parcels.count(where: \.isSent)
        for index in parcels.indices { parcels[index].isSent = false }
        link.fail(error.description, retries: max(1, again), after: least ?? .zero)
    }

    /// A receiver that refuses is told of once a minute; the counters are exact.
    private func tellRejected(_ lines: Int, _ error: SinkError) {
        if let last = lastRejection, ContinuousClock.now - last < .seconds(60) { return }
        lastRejection = .now
        link.tell(.rejected(lines: lines, error.description))
    }

    /// Tells others what waits.
    private func count() {
        let (lines, oldest) = (parcels.reduce(0) { $0 + $1.lines }, parcels.first?.oldest)
        link.gauge.change { status in
            status.pending = UInt64(lines)
            status.oldestPending = oldest
        }
    }

    // MARK: Reading

    private func obey() {
        let news = link.take()
        for removal in news.removals {
            let source = sources.removeValue(forKey: removal.path)
            if let source { queue.removeAll { $0 === source } }
            link.lose(removal, behind: source?.cursor)
        }
        for arrival in news.arrivals {
            joins = joins || arrival.origin.multiline != nil
            if let source = sources[arrival.path] {
                source.renew(arrival)
                enqueue(source)
                continue
            }
            do throws(LogError) {
                let source = try SinkSource(arrival, sink: link.name)
                sources[arrival.path] = source
                link.confirm(source.path, source.confirmed)
                enqueue(source)
            } catch {
                link.tell(.cursor("\(error)"))
            }
        }
        for path in news.rung { if let source = sources[path] { enqueue(source) } }
        if deadline.map({ $0 <= .now }) == true {
            for source in sources.values where source.deadline.map({ $0 <= .now }) == true { enqueue(source) }
        }
    }

    /// When lines that wait for their next have waited long enough.
    ///
    /// Asked for at each turn: only sources that join have one.
    private var deadline: ContinuousClock.Instant? {
        joins ? sources.values.compactMap(\.deadline).min() : nil
    }

    private func enqueue(_ source: SinkSource) {
        guard !source.isQueued else { return }
        source.isQueued = true
        queue.append(source)
    }

    /// Lets go of a spool that nothing more will come from.
    private func leave(_ source: SinkSource) {
        guard source.isDone, !source.isQueued else { return }
        sources[source.path] = nil
        link.tell(.sent(source.path))
    }

    /// The next batch; nil if there is nothing to send.
    private func gather(mayWait: Bool) -> Parcel? {
        var batch = LogBatch()
        var marks: [(source: SinkSource, end: LogCursor)] = []
        var deadline: ContinuousClock.Instant?
        while batch.count < bounds.lines, batch.bytes < bounds.bytes {
            if queue.isEmpty {
                guard mayWait, batch.count > 0, bounds.linger > .zero, !link.isClosing else { break }
                let end = deadline ?? .now + bounds.linger
                deadline = end
                let left = ContinuousClock.now.duration(to: end)
                guard left > .zero, !link.scope.isCancelled else { break }
                link.inbox.wait(for: left)
                obey()
                continue
            }
            // An instance is in a batch once.
            guard let next = queue.firstIndex(where: { source in !marks.contains { $0.source === source } })
            else { break }
            let source = queue.remove(at: next)
            source.isQueued = false
            let before = batch.count
            do throws(LogError) {
                let hasMore = try source.read(
                    into: &batch,
                    lines: min(
                        bounds.lines - batch.count,
                        marks.isEmpty && queue.isEmpty ? .max : Self.turn.lines
                    ),
                    bytes: min(
                        bounds.bytes - batch.bytes,
                        marks.isEmpty && queue.isEmpty ? .max : Self.turn.bytes
                    ),
                    lag: link.lag
                )
                if hasMore { enqueue(source) }
            } catch {
                sources[source.path] = nil
                link.tell(.cursor("\(error)"))
            }
            if batch.count > before {
                source.parcels += 1
                marks.append((source, source.cursor))
            } else {
                leave(source)
            }
        }
        return batch.count == 0 ? nil : parcel(batch, marks)
    }

    private func parcel(_ batch: LogBatch, _ marks: [(source: SinkSource, end: LogCursor)]) -> Parcel {
        var lines = 0, missing: [LossCause: UInt64] = [:], oldest = UInt64.max
        for part in batch.parts {
            for event in part.events {
                switch event {
                case .line(let line):
                    lines += 1
                    oldest = min(oldest, line.time)
                case .gap(let gap): missing[gap.cause, default: 0] += gap.lines
                }
            }
        }
        link.gauge.change { status in
            status.linesIn += UInt64(lines)
            status.missing.merge(missing, uniquingKeysWith: +)
        }
        var parcel = Parcel(
            marks: marks,
            lines: lines,
            bytes: batch.bytes,
            oldest: oldest == .max ? SinkClock.now : oldest
        )
        do throws(SinkError) {
            parcel.payload = try sink.encode(batch)
        } catch {
            parcel.refused = lines
            tellRejected(lines, error)
        }
        return parcel
    }
}
