// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// How far something is, on one line that fits the screen.
struct ProgressBar {
    private let title: String
    private let done: Int
    private let total: Int
    private let reason: String

    /// So much of so much of what has a title, and what happens just now.
    init(_ title: String, done: Int, of total: Int, _ reason: String) {
        self.title = Terminal.visible(title)
        self.total = max(0, total)
        self.done = min(max(0, done), self.total)
        self.reason = Terminal.visible(reason)
    }

    /// How far an apply is.
    init(progress: ApplyProgress) {
        self.init(progress.app, done: progress.done, of: progress.total, progress.reason)
    }

    func line(columns: Int) -> String {
        let count = "\(done)/\(total)"
        // What happens matters more than the bar, so it has the room it needs first.
        let length = min(20, columns - title.displayWidth - count.count - 38)
        let filled = total > 0 ? max(0, length) * done / total : 0
        let bar =
            length < 8
            ? ""
            : "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: length - filled))] "
        // The last column stays free: some terminals begin a new line after it.
        return "\(title) \(bar)\(count) \(reason)".fitted(to: columns - 1)
    }
}
