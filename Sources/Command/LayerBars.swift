// SPDX-License-Identifier: Apache-2.0
package import Control

/// A bar for each layer of a pull, in the order in which they were heard of.
package struct LayerBars {
    private var order: [String] = []
    private var layers: [String: PullProgress] = [:]

    package init() {}

    /// Takes over how far a layer is.
    package mutating func take(_ progress: PullProgress) {
        if layers[progress.layer] == nil { order.append(progress.layer) }
        layers[progress.layer] = progress
    }

    /// A line a layer that fits the screen.
    package func lines(columns: Int) -> [String] {
        order.compactMap { layers[$0].map { Self.line($0, columns: columns) } }
    }

    private static func line(_ layer: PullProgress, columns: Int) -> String {
        let (done, total) = (max(0, layer.done), max(0, layer.total))
        let sizes = "\(Spelling.size(UInt64(done)))/\(Spelling.size(UInt64(total)))"
        let length = max(0, min(30, columns - 46))
        let share = total > 0 ? Double(min(done, total)) / Double(total) : 1
        let filled = Int(Double(length) * share)
        let picture =
            length < 8
            ? ""
            : "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: length - filled))]"
        let word = ["present": "is there", "verified": "verified"][layer.state] ?? ""
        return [short(layer.layer), picture, sizes, word].filter { !$0.isEmpty }.joined(separator: " ")
            .fitted(to: columns - 1)
    }

    /// The first digits of a digest.
    package static func short(_ digest: String?) -> String {
        Terminal.visible(String((digest ?? "").drop { $0 != ":" }.dropFirst().prefix(12)))
    }
}
