// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Command
internal import Control
internal import Images
internal import Synchronization

/// Shows a pull or a push: a bar a layer that is redrawn on a terminal, plain lines elsewhere, or JSON.
final class PullScreen: Sendable {
    private struct State {
        var bars = LayerBars()
        var live = LiveLines()
        var isUnpacking = false
        var pace = PullPace()
    }

    private let name: Reference
    private let json: Bool
    private let state = Mutex(State())

    init(_ name: Reference, json: Bool) {
        self.name = name
        self.json = json
    }

    /// Shows what happens; from any thread.
    func show(_ event: PullEvent) {
        state.withLock { state in
            if json {
                // What reads it may be slower than what is told.
                if state.pace.admits(event) { Terminal.printJSON(event) }
            } else if Terminal.isInteractive {
                draw(event, &state)
            } else if let line = Self.line(event) {
                Terminal.print(Terminal.visible("\(name): \(line)"))
            }
        }
    }

    /// Takes the bars away.
    func end() { state.withLock { $0.live.clear() } }

    private func draw(_ event: PullEvent, _ state: inout State) {
        if event.kind == .retrying {
            state.live.clear()
            Terminal.print(Terminal.visible("\(event.subject): \(event.text)"))
        }
        if event.kind == .unpacking { state.isUnpacking = true }
        if let progress = PullProgress(event, of: name) { state.bars.take(progress) }
        let (bars, isUnpacking) = (state.bars, state.isUnpacking)
        state.live.draw(always: event.kind != .transferring) { columns in
            bars.lines(columns: columns) + (isUnpacking ? ["unpacking"] : [])
        }
    }

    /// What is worth a line where nothing can be redrawn.
    static func line(_ event: PullEvent) -> String? {
        let size = Spelling.size(UInt64(max(0, event.total)))
        let layer = LayerBars.short(event.digest)
        return switch event.kind {
        case .resolved: "\(event.digest ?? ""), \(size)"
        case .present: "\(layer) is there" + (event.text.isEmpty ? "" : ", in \(event.text)")
        case .verified: "\(layer) \(size)"
        case .unpacking: "unpacking"
        case .retrying: "\(event.subject): \(event.text)"
        case .transferring, .done: nil
        }
    }
}
