// SPDX-License-Identifier: Apache-2.0

/// Reads several instances' spools as one log, in the order of time.
public struct MergedLogReader: Sendable {
    /// An event and the instance that it is from.
    public struct Item: Equatable, Sendable {
        /// The label given with the reader.
        public let instance: String
        /// The line or gap.
        public let event: LogEvent
    }

    private struct Source {
        let instance: String
        var reader: LogReader
        var head: LogEvent?
        /// Had nothing when it was last asked.
        var isDry = false
    }

    private var sources: [Source] = []
    private var given = 0
    /// Asking a reader that has nothing costs system calls, so it is not done for every line of the others.
    private static let asksEvery = 64

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
        given += 1
        if given % Self.asksEvery == 0 { forgetDryness() }
        var earliest: (index: Int, time: UInt64)?
        for index in sources.indices {
            if sources[index].head == nil, !sources[index].isDry {
                sources[index].head = try sources[index].reader.next()
                sources[index].isDry = sources[index].head == nil
            }
            guard let head = sources[index].head else { continue }
            let time: UInt64
            switch head {
            case .line(let line): time = line.time
            case .gap: time = 0
            }
            if earliest.map({ time < $0.time }) ?? true { earliest = (index, time) }
        }
        guard let earliest, let event = sources[earliest.index].head.take() else {
            forgetDryness()
            return nil
        }
        return Item(instance: sources[earliest.index].instance, event: event)
    }

    private mutating func forgetDryness() {
        for index in sources.indices { sources[index].isDry = false }
    }
}
