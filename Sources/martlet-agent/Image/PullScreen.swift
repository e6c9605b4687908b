// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Images
internal import Synchronization

/// Shows a pull or a push: a bar a layer that is redrawn on a terminal, plain lines elsewhere, or JSON.
final class PullScreen: Sendable {
    private struct State {
        var bars = LayerBars()
        var drawn = 0
        var last = ContinuousClock.now - .seconds(1)
    }

    private let name: String
    private let json: Bool
    private let state = Mutex(State())

    init(_ name: String, json: Bool) {
        self.name = name
        self.json = json
    }

    /// Shows what happens; from any thread.
    func show(_ event: PullEvent) {
        if json { return state.withLock { _ in Terminal.printJSON(event) } }
        state.withLock { state in
            state.bars.take(event)
            if Terminal.isInteractive {
                if event.kind == .retrying {
                    Self.clear(&state)
                    Terminal.print(Terminal.visible("\(event.subject): \(event.text)"))
                }
                // An eye sees no more, and a terminal costs more than a megabyte.
                guard event.kind != .transferring || ContinuousClock.now - state.last > .milliseconds(100)
                else {
                    return
                }
                state.last = .now
                Self.draw(&state)
            } else if let line = Self.line(event) {
                Terminal.print(Terminal.visible("\(name): \(line)"))
            }
        }
    }

    /// Takes the bars away.
    func end() { state.withLock { Self.clear(&$0) } }

    private static func draw(_ state: inout State) {
        clear(&state)
        let size = Terminal.size
        let lines = state.bars.lines(columns: size.columns).suffix(max(1, size.rows - 1))
        Terminal.draw(lines.map { $0 + "\n" }.joined())
        state.drawn = lines.count
    }

    private static func clear(_ state: inout State) {
        if state.drawn > 0 { Terminal.draw("\u{1b}[\(state.drawn)A\r\u{1b}[J") }
        state.drawn = 0
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
