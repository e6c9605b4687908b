// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Logs

/// The way into a sink's thread: spools that are to be read, and which of them have something new.
final class PumpInbox: Sendable {
    /// A spool that is to be read from now on.
    struct Arrival: Sendable {
        let path: String
        let origin: LogOrigin
        /// Nil for one that nothing is written to any more.
        let spool: WeakSpool?
    }

    /// A spool that is not read any more.
    struct Removal: Sendable {
        let path: String
        /// What waits there and is lost with it; nil if nothing is lost, as it is somebody else's to send or stays.
        var loss: Loss?

        /// What a spool that is removed held.
        struct Loss: Sendable {
            /// Everything that was ever written.
            let written: PerStream<LineCount>
            /// Where a sink is that has not looked yet.
            let place: LogCursor

            /// How many lines are behind a place.
            func lines(behind place: LogCursor) -> UInt64 {
                LogStream.allCases.reduce(0) { sum, stream in
                    let (all, passed) = (written[stream].lines, place.places[stream].passed.lines)
                    return sum + (all > passed ? all - passed : 0)
                }
            }
        }
    }

    struct News {
        var arrivals: [Arrival] = []
        /// The paths of spools that may have something new.
        var rung: Set<String> = []
        /// Spools that are to be forgotten, before any arrives.
        var removals: [Removal] = []
        /// It is to end once everything was sent.
        var isClosing = false
        /// It is to end now.
        var isOver = false

        var isEmpty: Bool { arrivals.isEmpty && rung.isEmpty && removals.isEmpty }
    }

    private let news = Monitor(News())

    func add(_ arrival: Arrival) { news.change { $0.arrivals.append(arrival) } }
    func ring(_ path: String) { news.change { _ = $0.rung.insert(path) } }

    /// Has a spool forgotten; one that comes again afterwards is read again.
    func remove(_ path: String, losing loss: Removal.Loss? = nil) {
        news.change { news in
            news.arrivals.removeAll { $0.path == path }
            news.removals.append(Removal(path: path, loss: loss))
        }
    }

    func close() { news.change { $0.isClosing = true } }
    func end() { news.change { $0.isOver = true } }

    /// Everything that has come, without waiting.
    func take() -> News { news.hold(Self.empty) }

    /// Waits for something new, at most so long; nil is without end.
    func wait(for patience: Duration? = nil) {
        if let patience {
            _ = news.wait(for: patience) { $0.isEmpty && !$0.isClosing && !$0.isOver ? nil : true }
        } else {
            _ = news.wait { $0.isEmpty && !$0.isClosing && !$0.isOver ? nil : true }
        }
    }

    private static func empty(_ news: inout News) -> News {
        defer {
            news.arrivals = []
            news.rung = []
            news.removals = []
        }
        return news
    }
}

/// A spool that is kept by who writes it; once it is gone, nothing more will come.
struct WeakSpool: Sendable {
    private final class Box: Sendable {
        weak let spool: Spool?
        init(_ spool: Spool) { self.spool = spool }
    }
    private let box: Box

    init(_ spool: Spool) { box = Box(spool) }

    var spool: Spool? { box.spool }
    /// Whether nothing more will come.
    var isFinished: Bool { box.spool?.isFinished ?? true }
    /// Everything that was ever written, where lines may be left out for a sink that is behind; nil where those that
    /// write are held back for it, or nobody writes.
    var written: PerStream<LineCount>? {
        guard let spool = box.spool, spool.policy == .dropOldest else { return nil }
        return spool.status.written
    }
}
