// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// As Go prints it and Compose with it: `1m30s`, `1.5s`, `500ms`, `0s`.
    var printed: String {
        let count = nanosecondCount
        for (unit, size) in [("ns", Int64(1)), ("µs", 1_000), ("ms", 1_000_000)] where count < size * 1_000 {
            if count == 0 { return "0s" }
            return Decimal.spelled(count, per: size) + unit
        }
        let minutes = count / 60_000_000_000
        let rest = Decimal.spelled(count % 60_000_000_000, per: 1_000_000_000) + "s"
        if minutes == 0 { return rest }
        return minutes < 60 ? "\(minutes)m\(rest)" : "\(minutes / 60)h\(minutes % 60)m\(rest)"
    }
}
