// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// Shows an apply or a removal: a bar that is redrawn on a terminal, plain lines elsewhere, or JSON.
struct ProgressScreen {
    let json: Bool

    /// Shows all lines; throws what the last one says if it is a failure.
    func show(_ lines: ControlLines<ApplyProgress>, untilOutcome: Bool) async throws {
        var outcome: ApplyProgress?
        var isDrawn = false
        defer { if isDrawn { Terminal.draw("\r\u{1b}[K") } }
        for try await line in lines {
            if json { Terminal.printJSON(line) }
            switch line.kind {
            case .accepted: if !untilOutcome { outcome = line }
            case .step:
                if json { continue }
                if Terminal.isInteractive {
                    isDrawn = true
                    Terminal.draw(
                        "\r\(ProgressBar(progress: line).line(columns: Terminal.size.columns))\u{1b}[K"
                    )
                } else {
                    Terminal.print(Terminal.visible(Self.text(line)))
                }
            case .converged, .failed, .rolledBack, .removed, .superseded: outcome = line
            }
        }
        if isDrawn { Terminal.draw("\r\u{1b}[K") }
        isDrawn = false
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
        case .accepted, .step, .converged, .removed:
            if !json { Terminal.print(Terminal.visible(Self.text(outcome))) }
        }
    }

    static func text(_ line: ApplyProgress) -> String {
        switch line.kind {
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
