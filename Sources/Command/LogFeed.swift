// SPDX-License-Identifier: Apache-2.0
package import Control
internal import Logs

/// Prints what a `LogTail` finds.
package struct LogFeed {
    private var tail: LogTail
    private var printer: LogPrinter
    /// So much is read at a time.
    private static let size = 256 << 10

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
        defer { printer.flush() }
        while !Terminal.isCut, let run = try tail.next(bytes: Self.size) { printer.add(run) }
    }

    /// Looks for new logs, then prints.
    package mutating func follow() throws {
        try tail.discover()
        try print()
    }
}
