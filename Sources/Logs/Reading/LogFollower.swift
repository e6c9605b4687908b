// SPDX-License-Identifier: Apache-2.0

/// Reads on as new lines come, for `logs -f`.
///
/// Belongs to one task.
///
/// In the agent's own process the spools wake it; a reader elsewhere looks ten times a second.
public struct LogFollower {
    private var reader: MergedLogReader
    private var spools: [Spool] = []
    private let watcher: AsyncStream<Void>.Continuation
    private var wakes: AsyncStream<Void>.Iterator
    private static let interval = Duration.milliseconds(100)

    /// Follows what a reader reads; its queries should hold unfinished lines.
    public init(_ reader: MergedLogReader = MergedLogReader(), spools: [Spool] = []) {
        self.reader = reader
        let (stream, watcher) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.watcher = watcher
        wakes = stream.makeAsyncIterator()
        for spool in spools { attach(spool) }
    }

    /// Follows one more instance.
    public mutating func add(_ instance: String, _ reader: LogReader, spool: Spool? = nil) {
        self.reader.add(instance, reader)
        if let spool { attach(spool) }
    }

    /// The next event.
    ///
    /// Nil when the task is cancelled, or when all spools were finished and read to the end.
    public mutating func next() async throws(LogError) -> MergedLogReader.Item? {
        while true {
            let isOver = !spools.isEmpty && spools.allSatisfy(\.isFinished)
            if let item = try reader.next() { return item }
            if isOver || Task.isCancelled { return nil }
            if spools.isEmpty {
                do { try await Task.sleep(for: Self.interval) } catch { return nil }
            } else if await wakes.next(isolation: #isolation) == nil {
                return nil
            }
        }
    }

    private mutating func attach(_ spool: Spool) {
        spools.append(spool)
        spool.wake(watcher)
    }
}
