// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// Shows an apply or a removal: a bar that is redrawn on a terminal, plain lines elsewhere, or JSON.
struct ProgressScreen {
    let json: Bool

    /// Shows all lines; throws what the last one says if it is a failure.
    func show(_ lines: ControlLines<ApplyProgress>, untilOutcome: Bool) async throws {
        var outcome: ApplyProgress?
        var live = LiveLines()
        var bars = LayerBars()
        defer { live.clear() }
        for try await line in lines {
            if json { Terminal.printJSON(line) }
            switch line.kind {
            case .accepted: if !untilOutcome { outcome = line }
            case .pulling, .step:
                if json { continue }
                guard Terminal.isInteractive else {
                    if Self.isWorthALine(line) { Terminal.print(Terminal.visible(Self.text(line))) }
                    continue
                }
                if let pull = line.pull { bars.take(pull) }
                let bars = bars
                live.draw { columns in
                    line.kind == .step
                        ? [ProgressBar(progress: line).line(columns: columns)]
                        : [Terminal.visible("\(line.app): \(line.reason)").fitted(to: columns - 1)]
                            + bars.lines(columns: columns)
                }
            case .converged, .failed, .rolledBack, .removed, .superseded: outcome = line
            }
        }
        live.clear()
        try conclude(outcome)
    }

    private func conclude(_ outcome: ApplyProgress?) throws(ControlError) {
        guard let outcome else {
            throw ControlError(.failed, "agent", "its answer ends without an outcome", "see `martlet status`")
        }
        switch outcome.kind {
        case .failed:
            throw ControlError(.failed, outcome.app, outcome.reason, "see `martlet ps \(outcome.app)`")
        case .rolledBack:
            throw ControlError(.failed, outcome.app, outcome.reason, "see `martlet history \(outcome.app)`")
        case .superseded:
            let what = "another desired state took the place of generation \(outcome.generation)"
            throw ControlError(.conflict, outcome.app, what, "see `martlet status`")
        case .accepted, .pulling, .step, .converged, .removed:
            if !json { Terminal.print(Terminal.visible(Self.text(outcome))) }
        }
    }

    /// Where nothing can be redrawn, a layer that is whole is; one on its way is not.
    private static func isWorthALine(_ line: ApplyProgress) -> Bool { line.pull?.state != "transferring" }

    static func text(_ line: ApplyProgress) -> String {
        switch line.kind {
        case .pulling:
            line.pull.map {
                "\(line.app): \(line.reason): layer \(LayerBars.short($0.layer)) \($0.state), \(Spelling.size(UInt64(max(0, $0.total))))"
            } ?? "\(line.app): \(line.reason)"
        case .accepted: "\(line.app): accepted as generation \(line.generation)"
        case .step: "\(line.app): \(line.done + 1)/\(line.total) \(line.reason)"
        case .converged where line.total == 0:
            "\(line.app): generation \(line.generation) runs already, nothing changed"
        case .converged: "\(line.app): converged on generation \(line.generation)"
        case .removed: "\(line.app): removed"
        case .failed: "\(line.app): failed: \(line.reason)"
        case .rolledBack: "\(line.app): rolled back: \(line.reason)"
        case .superseded: "\(line.app): superseded"
        }
    }
}
