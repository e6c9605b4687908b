// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// How quantities are written for people.
package enum Spelling {
    /// Bytes in the largest unit that leaves a whole number, with three digits: `0 B`, `1.50 KiB`, `128 MiB`.
    package static func size(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1023.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        return "\(decimal(value, places: value < 9.995 ? 2 : value < 99.95 ? 1 : 0)) \(units[unit])"
    }

    /// A number with so many places.
    package static func decimal(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        // What does not fit is no quantity that was measured.
        guard let scaled = Int64(exactly: (abs(value) * scale).rounded()) else { return "-" }
        let digits = String(scaled)
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return sign + padded.dropLast(places) + "." + padded.suffix(places)
    }

    package static func percent(_ fraction: Double) -> String { decimal(fraction * 100, places: 1) + "%" }

    /// A time in its largest unit: `12s`, `5m`, `3h`, `2d`.
    package static func age(seconds: Int64) -> String {
        switch max(0, seconds) {
        case let seconds where seconds < 60: "\(seconds)s"
        case let seconds where seconds < 3600: "\(seconds / 60)m"
        case let seconds where seconds < 86_400: "\(seconds / 3600)h"
        case let seconds: "\(seconds / 86_400)d"
        }
    }

    /// How long ago an RFC 3339 time was; nil if it is none.
    package static func age(since time: String, now: Int64 = Self.now) -> String? {
        Timestamp(time).map { age(seconds: now - $0.seconds) }
    }

    package static var now: Int64 { Int64(time(nil)) }
}
