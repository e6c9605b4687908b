// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// How far an apply is, on one line that fits the screen.
struct ProgressBar {
    let progress: ApplyProgress

    func line(columns: Int) -> String {
        let total = max(0, progress.total)
        let done = min(max(0, progress.done), total)
        let count = "\(done)/\(total)"
        let app = Terminal.visible(progress.app)
        // What happens matters more than the bar, so it has the room it needs first.
        let length = min(20, columns - app.displayWidth - count.count - 38)
        let filled = total > 0 ? max(0, length) * done / total : 0
        let bar =
            length < 8
            ? ""
            : "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: length - filled))] "
        // The last column stays free: some terminals begin a new line after it.
        return "\(app) \(bar)\(count) \(Terminal.visible(progress.reason))".fitted(to: columns - 1)
    }
}
