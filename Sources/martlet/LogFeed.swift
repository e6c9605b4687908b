// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Logs

/// Prints what a `LogTail` finds.
struct LogFeed {
    private var tail: LogTail
    private var printer: LogPrinter

    /// The order of `services` gives them their colours.
    init(_ tail: LogTail, json: Bool = false, services: [String] = []) {
        self.tail = tail
        printer = LogPrinter(services: services, json: json)
        for (service, instance) in tail.instances { printer.expect(service: service, instance: instance) }
    }

    var isEmpty: Bool { tail.isEmpty }

    /// Prints what has come since the last time.
    mutating func print() throws {
        while !Terminal.isCut, let item = try tail.next() {
            switch item {
            case .line(let record): printer.print(record)
            case .gap(let service, let instance, let gap): printer.print(gap, service, instance)
            }
        }
    }

    /// Looks for new logs, then prints.
    mutating func follow() throws {
        try tail.discover()
        try print()
    }
}
