// SPDX-License-Identifier: Apache-2.0

extension CPUCount {
    /// As Compose prints it, which holds it in 32 bits: `0.5`, `2`, `0.33333334`.
    var printed: String {
        let value = Float(Double(nanos) / 1_000_000_000)
        let text = value.description
        if text.hasSuffix(".0") { return String(text.dropLast(2)) }
        return text.contains("e") ? Decimal.spelled(nanos, per: 1_000_000_000) : text
    }
}
