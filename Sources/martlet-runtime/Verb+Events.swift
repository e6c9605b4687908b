// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    func events() throws -> Int32 {
        let options = try options([.value("interval"), .flag("stats")])
        let id = try options.id()
        let interval = try options.duration("interval") ?? .seconds(5)
        guard interval > .zero else { throw UsageError("--interval: write a time above 0") }
        if options.has("stats") {
            print(Self.reading(id, try runtime.statistics(id)))
        } else {
            try follow(id, every: interval)
        }
        return 0
    }

    /// A line for each kill for want of memory and, at every interval, one of what is counted, until the container
    /// stops or nobody reads any more.
    private func follow(_ id: String, every interval: Duration) throws {
        let watch = try runtime.watch(id)
        var due = ContinuousClock.now + interval
        while true {
            let line: String
            let now = ContinuousClock.now
            switch try watch.next(within: max(.zero, due - now)) {
            case .outOfMemory: line = Self.event("oom", id)
            case .memoryAbove, .written: continue  // no threshold was set, and it tells of no writes
            case .empty: return
            case nil:
                // What is no more has nothing to count.
                guard ContinuousClock.now >= due, let counted = try? runtime.statistics(id) else { return }
                due += interval
                line = Self.reading(id, counted)
            }
            do throws(LinuxError) {
                try Descriptor.standardOutput.write(Array(line.utf8))
            } catch {
                guard error.errno == EPIPE else { throw error }
                return
            }
        }
    }

    private static func reading(_ id: String, _ statistics: CgroupStatistics) -> String {
        event("stats", id, [.init("data", statistics.json)])
    }

    private static func event(_ type: String, _ id: String, _ more: [JSON.Member] = []) -> String {
        JSON.object([.init("type", .string(type)), .init("id", .string(id))] + more).text() + "\n"
    }
}
