// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Images

/// A bar for each layer of a pull, in the order in which they were heard of.
struct LayerBars {
    private struct Bar {
        var done: Int64
        var total: Int64
        var word: String
    }

    private var order: [String] = []
    private var bars: [String: Bar] = [:]
    private var isUnpacking = false

    /// Takes over what happened.
    mutating func take(_ event: PullEvent) {
        if event.kind == .unpacking { isUnpacking = true }
        let words: [PullEvent.Kind: String] = [
            .present: "is there", .transferring: "", .verified: "verified",
        ]
        guard let word = words[event.kind], let layer = event.digest else { return }
        if bars[layer] == nil { order.append(layer) }
        bars[layer] = Bar(done: event.done, total: event.total, word: word)
    }

    /// A line a layer that fits the screen.
    func lines(columns: Int) -> [String] {
        let lines = order.compactMap { layer -> String? in
            guard let bar = bars[layer] else { return nil }
            let sizes =
                "\(Spelling.size(UInt64(max(0, bar.done))))/\(Spelling.size(UInt64(max(0, bar.total))))"
            let length = max(0, min(30, columns - 46))
            let share = bar.total > 0 ? Double(min(bar.done, bar.total)) / Double(bar.total) : 1
            let filled = Int(Double(length) * share)
            let picture =
                length < 8
                ? ""
                : "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: length - filled))] "
            return "\(Self.short(layer)) \(picture)\(sizes) \(bar.word)".fitted(to: columns - 1)
        }
        return lines + (isUnpacking ? ["unpacking"] : [])
    }

    /// The first digits of a digest.
    static func short(_ digest: String?) -> String {
        String((digest ?? "").drop { $0 != ":" }.dropFirst().prefix(12))
    }
}
