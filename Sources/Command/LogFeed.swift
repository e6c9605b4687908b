// SPDX-License-Identifier: Apache-2.0
package import Control
internal import Logs

/// Prints what a `LogTail` finds.
package struct LogFeed {
    private var tail: LogTail
    private var printer: LogPrinter

    package init(_ tail: LogTail, _ printer: LogPrinter) {
        self.tail = tail
        self.printer = printer
        for (service, instance) in tail.instances {
            self.printer.expect(service: service, instance: instance)
        }
    }

    package var isEmpty: Bool { tail.isEmpty }

    /// Prints what has come since the last time.
    package mutating func print() throws {
        while !Terminal.isCut, let item = try tail.next() {
            switch item {
            case .line(let record): printer.print(record)
            case .gap(let service, let instance, let gap): printer.print(gap, service, instance)
            }
        }
    }

    /// Looks for new logs, then prints.
    package mutating func follow() throws {
        try tail.discover()
        try print()
    }
}
