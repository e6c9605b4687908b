// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// Reads a duration as Compose writes it: `1m30s`, `500ms`, `1h5m30s20ms`, `0`.
    ///
    /// Nil if the text is not one.
    init?(compose text: String) {
        guard text != "0" else {
            self = .zero
            return
        }
        let units: [(name: String, nanoseconds: Int64)] = [
            ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ]
        var total: Int64 = 0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let decimal = Decimal(leading: rest) else { return nil }
            let name = decimal.rest.prefix { !$0.isNumber && $0 != "." }
            guard let unit = units.first(where: { $0.name == name }),
                let part = decimal.scaled(by: unit.nanoseconds)
            else { return nil }
            let (sum, over) = total.addingReportingOverflow(part)
            guard !over else { return nil }
            total = sum
            rest = decimal.rest.dropFirst(name.count)
        }
        self = .nanoseconds(total)
    }

    /// The duration in whole nanoseconds, which every decoded duration is.
    var nanosecondCount: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
