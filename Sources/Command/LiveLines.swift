// SPDX-License-Identifier: Apache-2.0

/// Lines at the bottom of a terminal that are drawn anew in their place.
package struct LiveLines {
    private var drawn = 0
    private var last = ContinuousClock.now - .seconds(1)

    package init() {}

    /// Draws as many of the last lines as fit; not `always` at most ten times a second, for an eye sees no more.
    package mutating func draw(always: Bool = true, _ lines: (Int) -> [String]) {
        guard always || ContinuousClock.now - last > .milliseconds(100) else { return }
        last = .now
        clear()
        let size = Terminal.size
        let shown = lines(size.columns).suffix(max(1, size.rows - 1))
        Terminal.draw(shown.map { $0 + "\n" }.joined())
        drawn = shown.count
    }

    /// Takes them away.
    package mutating func clear() {
        if drawn > 0 { Terminal.draw("\u{1b}[\(drawn)A\r\u{1b}[J") }
        drawn = 0
    }
}
