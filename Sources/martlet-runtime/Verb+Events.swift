// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    func events() throws -> Int32 {
        let options = try options([.value("interval"), .flag("stats")])
        let id = try options.id()
        guard options.has("stats") else {
            throw UsageError("events without --stats: not supported yet: ask with --stats")
        }
        let statistics = try runtime.statistics(id)
        let event: JSON = ["type": "stats", "id": .string(id), "data": statistics.json]
        print(event.text() + "\n")
        return 0
    }
}
