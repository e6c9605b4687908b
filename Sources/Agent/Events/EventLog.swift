// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Synchronization

/// The last events of a node, also those of agents before, and everyone who wants the next ones.
public final class EventLog: Sendable {
    /// How many events are remembered.
    public static let remembered = 4_000
    /// A listener that is this many events behind loses the oldest.
    private static let backlog = 4_096

    private struct State {
        var events: [(time: Int64, record: EventRecord)] = []
        /// How many there were of each kind since the agent began.
        var counts: [EventKind: Int] = [:]
        var listeners: [Int: AsyncStream<EventRecord>.Continuation] = [:]
        var tickets = 0
        var ended = false
    }

    private let state = Mutex(State())
    /// When this agent began, in nanoseconds since 1970.
    private let begun = Timestamp.now()
    private let file: EventFile?

    /// Remembers what is in a folder, and leaves there what the next one is to remember; blocks.
    init(folder: String? = nil) {
        file = folder.map { EventFile(folder: $0) }
        let old = (file?.remembered(Self.remembered) ?? []).map { (Timestamp.nanoseconds($0.time) ?? 0, $0) }
        state.withLock { $0.events = old }
    }

    /// Takes what agents on another machine have left in a folder for the events before all that are here; blocks.
    func adopt(_ folder: String) throws {
        let old = EventFile(folder: folder).remembered(Self.remembered)
        guard !old.isEmpty else { return }
        try file?.begin(with: old)
        state.withLock { state in
            let old = old.map { (time: Timestamp.nanoseconds($0.time) ?? 0, record: $0) }
            state.events = Array((old + state.events).suffix(Self.remembered))
        }
    }

    /// How many events of each kind there were since the agent began.
    public var counts: [String: Int] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.counts.map { ($0.key.rawValue, $0.value) })
        }
    }

    /// How many could not be kept for the next agent.
    public var lost: Int { file?.lost ?? 0 }

    /// Tells what the node as a whole cannot do.
    public func report(_ failure: String) { append(.failed, app: nil, failure) }

    func append(
        _ kind: EventKind,
        app: String?,
        service: String? = nil,
        instance: Int? = nil,
        _ reason: String,
        pull: PullProgress? = nil,
        details: [String] = []
    ) {
        let time = Timestamp.now()
        let record = EventRecord(
            time: Timestamp.text(time),
            kind: kind.rawValue,
            app: app,
            service: service,
            instance: instance,
            reason: reason,
            pull: pull,
            details: details.isEmpty ? nil : details
        )
        if pull == nil { file?.append(record) }
        let listeners = state.withLock { state in
            // How far something is has no worth afterwards, and would push out what has.
            guard pull == nil else { return Array(state.listeners.values) }
            state.counts[kind, default: 0] += 1
            state.events.append((time, record))
            if state.events.count > Self.remembered { state.events.removeFirst() }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(record) }
    }

    /// What is remembered of the last seconds, then with `follow` what comes; ends when the agent does.
    public func stream(since seconds: Double, follow: Bool) -> AsyncStream<EventRecord> {
        stream(from: Timestamp.now() - Int64(min(max(seconds, 0), 1e9) * 1e9), follow: follow)
    }

    /// What has happened since the agent began, then what comes.
    public func sinceBegin() -> AsyncStream<EventRecord> { stream(from: begun, follow: true) }

    private func stream(from: Int64, follow: Bool) -> AsyncStream<EventRecord> {
        let (stream, continuation) = AsyncStream<EventRecord>.makeStream(
            bufferingPolicy: .bufferingNewest(Self.backlog)
        )
        state.withLock { state in
            for event in state.events where event.time >= from { continuation.yield(event.record) }
            guard follow, !state.ended else { return continuation.finish() }
            state.tickets += 1
            let ticket = state.tickets
            state.listeners[ticket] = continuation
            continuation.onTermination = { [weak self] _ in
                _ = self?.state.withLock { $0.listeners.removeValue(forKey: ticket) }
            }
        }
        return stream
    }

    /// Ends every stream.
    func finish() {
        let listeners = state.withLock { state in
            state.ended = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
        file?.settle()
    }
}
