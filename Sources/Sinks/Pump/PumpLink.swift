// SPDX-License-Identifier: Apache-2.0
internal import Logs
internal import Transfer

/// What the thread of every sink has: where it hears of spools, and where it tells what it does and how it is.
final class PumpLink {
    let name: String
    let inbox: PumpInbox
    let gauge: SinkGauge
    let scope: TransferScope
    /// How far it may be behind.
    let lag: LagLimit
    /// Whether it is to end once everything was sent.
    private(set) var isClosing = false
    private let report: @Sendable (SinkEvent) -> Void
    private let confirmed: @Sendable (_ path: String, LogCursor) -> Void
    private var backoff = SinkBackoff()

    init(
        _ name: String,
        inbox: PumpInbox,
        gauge: SinkGauge,
        scope: TransferScope,
        lag: LagLimit = LagLimit(),
        report: @escaping @Sendable (SinkEvent) -> Void,
        confirmed: @escaping @Sendable (_ path: String, LogCursor) -> Void = { _, _ in }
    ) {
        self.name = name
        self.inbox = inbox
        self.gauge = gauge
        self.scope = scope
        self.lag = lag
        self.report = report
        self.confirmed = confirmed
    }

    /// Everything that has come, without waiting.
    func take() -> PumpInbox.News {
        let news = inbox.take()
        isClosing = isClosing || news.isClosing
        return news
    }

    func tell(_ kind: SinkEvent.Kind) { report(SinkEvent(sink: name, kind: kind)) }

    /// Nothing of a spool before a place is needed any more.
    func confirm(_ path: String, _ place: LogCursor) { confirmed(path, place) }

    /// Counts what is lost with a spool that was read up to a place; nil if it was not looked at yet.
    func lose(_ removal: PumpInbox.Removal, behind place: LogCursor?) {
        guard let loss = removal.loss else { return }
        let lines = loss.lines(behind: place ?? loss.place)
        gauge.change { $0.droppedAsRemoved += lines }
    }

    /// The receiver has taken something: counts it.
    func succeed(_ count: (inout SinkReport) -> Void) {
        let wasFailing = gauge.change { status in
            count(&status)
            defer { (status.failure, status.failingSince) = (nil, nil) }
            return status.failure != nil
        }
        backoff.reset()
        if wasFailing { tell(.resumed) }
    }

    /// The receiver takes nothing: tells it, if that is new, and waits before it is tried again.
    func fail(_ why: String, retries: Int = 1, after least: Duration = .zero) {
        let isNew = gauge.change { status in
            status.retries += UInt64(retries)
            defer {
                status.failure = why
                status.failingSince = status.failingSince ?? SinkClock.now
            }
            return status.failure == nil
        }
        if isNew { tell(.failed(why)) }
        _ = scope.wait(for: max(backoff.next(), least))
    }
}
