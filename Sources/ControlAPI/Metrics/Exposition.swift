// SPDX-License-Identifier: Apache-2.0

/// Metrics in the text format of Prometheus, version 0.0.4.
struct Exposition {
    enum Kind: String { case counter, gauge }

    /// A series more than this of one metric is left out, and counted.
    static let maximumSeries = 2_000

    private(set) var text = ""
    /// How many series were left out.
    private(set) var left = 0

    /// Adds a metric with its series; one without any is left out.
    mutating func add(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ series: [(labels: KeyValuePairs<String, String>, value: Double)]
    ) {
        guard !series.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in series.prefix(Self.maximumSeries) {
            let words = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += name + (words.isEmpty ? "" : "{\(words)}") + " \(Self.number(value))\n"
        }
        left += max(0, series.count - Self.maximumSeries)
    }

    /// Adds a metric with one value.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        let none: KeyValuePairs<String, String> = [:]
        add(name, kind, help, [(none, value)])
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
