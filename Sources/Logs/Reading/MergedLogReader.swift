// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Reads several instances' spools as one log, in the order of time.
public struct MergedLogReader: Sendable {
    /// An event and the instance that it is from.
    public struct Item: Equatable, Sendable {
        /// The label given with the reader.
        public let instance: String
        /// The line or gap.
        public let event: LogEvent
    }

    /// Events that follow each other and are all of one instance.
    public struct Run: Equatable, Sendable {
        /// The label given with the reader.
        public let instance: String
        /// The lines and gaps.
        public internal(set) var events: [LogEvent]
    }

    private struct Source {
        let instance: String
        var reader: LogReader
        var head: LogEvent?
        /// When it had nothing, in realtime nanoseconds: what came since is later.
        var dry: UInt64?

        /// Of instances that wrote at one time, those that were added first come first.
        var time: UInt64 {
            switch head {
            case .line(let line): line.time
            case .gap, nil: 0
            }
        }
    }

    /// Up to where one instance may go on: the next line of another, or what another may have written since.
    private struct Bound {
        var time = UInt64.max
        var index = Int.max

        func admits(_ time: UInt64, _ index: Int) -> Bool { (time, index) < (self.time, self.index) }
    }

    private var sources: [Source] = []

    /// A reader without instances.
    public init() {}

    /// Adds an instance.
    public mutating func add(_ instance: String, _ reader: LogReader) {
        sources.append(Source(instance: instance, reader: reader))
    }

    /// Lets go of an instance.
    public mutating func remove(_ instance: String) { sources.removeAll { $0.instance == instance } }

    /// The earliest event that is there, or nil when there is none yet.
    ///
    /// Gaps come as soon as they are met.
    public mutating func next() throws(LogError) -> Item? {
        guard let run = try nextRun(bytes: 0), let event = run.events.first else { return nil }
        return Item(instance: run.instance, event: event)
    }

    /// The earliest event that is there, and what follows it as long as no other instance's line is earlier and all
    /// lines together are shorter than `limit`; nil when there is nothing yet.
    public mutating func nextRun(bytes limit: Int) throws(LogError) -> Run? {
        let now = Self.now
        guard let index = try earliest(now) else {
            for index in sources.indices { sources[index].dry = nil }
            return nil
        }
        let bound = bound(of: index)
        var run = Run(instance: sources[index].instance, events: [])
        var size = 0
        while let event = sources[index].head.take() {
            if case .line(let line) = event { size += line.bytes.count + Self.share }
            run.events.append(event)
            guard size < limit else { break }
            try fill(index, now)
            guard sources[index].head != nil, bound.admits(sources[index].time, index) else { break }
        }
        return run
    }

    /// What an event takes beside its bytes, roughly: empty lines take memory too.
    private static let share = 64

    /// Whose event comes next.
    private mutating func earliest(_ now: UInt64) throws(LogError) -> Int? {
        for index in sources.indices where sources[index].head == nil && sources[index].dry == nil {
            try fill(index, now)
        }
        guard let first = firstHead() else { return nil }
        // Who had nothing before that event was written may have an earlier one now.
        let time = sources[first].time
        var isAsked = false
        for index in sources.indices {
            guard let dry = sources[index].dry, dry <= time else { continue }
            isAsked = true
            sources[index].dry = nil
            try fill(index, now)
            // With a clock that was set back there are events of times to come: once for each of them is enough.
            if let dry = sources[index].dry { sources[index].dry = max(dry, time &+ 1) }
        }
        return isAsked ? firstHead() : first
    }

    private func firstHead() -> Int? {
        var found: (index: Int, time: UInt64)?
        for index in sources.indices where sources[index].head != nil {
            let time = sources[index].time
            if found.map({ time < $0.time }) ?? true { found = (index, time) }
        }
        return found?.index
    }

    private func bound(of chosen: Int) -> Bound {
        var bound = Bound()
        for index in sources.indices where index != chosen {
            if sources[index].head != nil {
                if bound.admits(sources[index].time, index) {
                    bound = Bound(time: sources[index].time, index: index)
                }
            } else if let dry = sources[index].dry, dry < bound.time {
                bound = Bound(time: dry, index: -1)
            }
        }
        return bound
    }

    /// Reads an instance's next event; `now` is no later than this.
    private mutating func fill(_ index: Int, _ now: UInt64) throws(LogError) {
        sources[index].head = try sources[index].reader.next()
        guard sources[index].head == nil else { return }
        sources[index].dry = sources[index].reader.isFinished ? .max : now
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
