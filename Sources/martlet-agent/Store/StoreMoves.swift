// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Objects
internal import Synchronization

/// Files on their way to a store or from it, several at once, and one bar for all on a terminal.
final class StoreMoves: Sendable {
    /// So many at once.
    static let most = 32

    private struct Report: Encodable {
        let objects: Int
        let bytes: Int64
    }

    private struct State {
        var live = LiveLines()
        /// Bytes that are there, and of how many, of each file that was begun.
        var files: [(done: Int64, size: Int64)] = []
        var ended = 0
        var done: Int64 = 0
    }

    private let name: String
    private let json: Bool
    private let state = Mutex(State())

    init(_ name: String, json: Bool) {
        self.name = name
        self.json = json
    }

    /// Moves files; the bar goes with the last, and with a failure.
    func each(
        _ files: [StoreCommand.LocalFile],
        _ move: @escaping @Sendable (StoreCommand.LocalFile, @escaping FileUpload.Progress) throws -> Void
    ) throws {
        state.withLock { state in state.files = files.map { (0, $0.size) } }
        defer { state.withLock { $0.live.clear() } }
        try Together.each(Array(files.indices), most: Self.most) { index in
            try move(files[index]) { done, size in self.show(index, done, size) }
            self.state.withLock { $0.ended += 1 }
        }
    }

    /// Says what was moved.
    func end() {
        let (count, bytes) = state.withLock { ($0.ended, $0.done) }
        if json { return Terminal.printJSON(Report(objects: count, bytes: bytes)) }
        let size = Spelling.size(UInt64(max(0, bytes)))
        Terminal.print(Terminal.visible("\(name) \(count == 1 ? "" : "\(count) objects, ")\(size)"))
    }

    private func show(_ index: Int, _ done: Int64, _ size: Int64) {
        state.withLock { state in
            state.done += done - state.files[index].done
            state.files[index] = (done, size)
            guard Terminal.isInteractive, !json else { return }
            let (done, files) = (state.done, state.files)
            state.live.draw(always: false) { columns in
                let total = files.reduce(0) { $0 &+ $1.size }
                return [Self.line(name, done, total, columns: columns)]
            }
        }
    }

    private static func line(_ name: String, _ done: Int64, _ total: Int64, columns: Int) -> String {
        let sizes = "\(Spelling.size(UInt64(max(0, done))))/\(Spelling.size(UInt64(max(0, total))))"
        let length = max(0, min(30, columns - 46))
        let filled = total > 0 ? Int(Double(length) * Double(min(done, total)) / Double(total)) : length
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: length - filled)
        return "\(length < 8 ? "" : "[\(bar)] ")\(sizes) \(Terminal.visible(name))".fitted(to: columns - 1)
    }
}
