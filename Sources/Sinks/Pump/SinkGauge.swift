// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Synchronization

/// What a sink has done and how it is, as its thread counts and others read.
final class SinkGauge: Sendable {
    private let report: Mutex<SinkReport>

    init(_ report: SinkReport) { self.report = Mutex(report) }

    var current: SinkReport { report.withLock { $0 } }

    func change<Result: Sendable>(_ body: (inout SinkReport) -> Result) -> Result {
        report.withLock { body(&$0) }
    }
}
