// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// As Go prints it and Compose with it: `1m30s`, `1.5s`, `500ms`, `0s`.
    var printed: String {
        let count = nanosecondCount
        for (unit, size) in [("ns", Int64(1)), ("µs", 1_000), ("ms", 1_000_000)] where count < size * 1_000 {
            if count == 0 { return "0s" }
            return Duration.decimal(count, size) + unit
        }
        let minutes = count / 60_000_000_000
        let rest = Duration.decimal(count % 60_000_000_000, 1_000_000_000) + "s"
        if minutes == 0 { return rest }
        return minutes < 60 ? "\(minutes)m\(rest)" : "\(minutes / 60)h\(minutes % 60)m\(rest)"
    }

    /// `count` in units of `size`, without trailing zeros.
    fileprivate static func decimal(_ count: Int64, _ size: Int64) -> String {
        guard count % size != 0 else { return "\(count / size)" }
        var digits = String(count % size + size).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(count / size).\(digits)"
    }
}

extension CPUCount {
    /// As Compose prints it, which holds it in 32 bits: `0.5`, `2`, `0.33333334`.
    var printed: String {
        let value = Float(nanos) / 1_000_000_000
        let text = value.description
        if text.hasSuffix(".0") { return String(text.dropLast(2)) }
        return text.contains("e") ? Duration.decimal(nanos, 1_000_000_000) : text
    }
}
