// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// What is known of one source.
struct SourceState {
    /// Why what it says is not what the node should have.
    struct Trouble: Equatable {
        var state: SourceReport.State
        var reason: String
    }

    let settings: NodeSource
    let kind: String
    /// What it said last.
    var latest: SourceSet?
    /// What it said last that was right: the node goes on with that.
    var good: SourceSet?
    /// Why the last reading brought nothing.
    var failure: IntakeError?
    /// What is wrong at present; nil if nothing is.
    var trouble: Trouble?
    /// Apps that the node did not take, with the reason.
    var untaken: [String: String] = [:]
    /// The tick at which its last reading began.
    var begun = 0
    /// Readings in a row that brought nothing right.
    var failures = 0
    /// What is told of it.
    var report: SourceReport

    init(_ settings: NodeSource, kind: String, now: Int64) {
        self.settings = settings
        self.kind = kind
        report = SourceReport(
            name: settings.name,
            kind: kind,
            isOptional: settings.isOptional,
            state: .loading,
            since: now
        )
    }

    /// It was read, and what it says is right.
    var isGood: Bool { trouble == nil && failure == nil && latest != nil }

    var name: String { settings.name }
}
