// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// A time on the command line: `90s`, `10m`, `1h30m`, `2d`.
package struct TimeSpan: ExpressibleByArgument, Equatable {
    /// Whole seconds.
    package let seconds: Int64

    /// So many seconds.
    package init(seconds: Int64) { self.seconds = seconds }

    /// Nil if it is written otherwise.
    package init?(argument: String) {
        var total: Int64 = 0
        var number: Int64?
        for byte in argument.utf8 {
            let unit: Int64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                number = (number ?? 0) * 10 + Int64(byte - 48)
                if number ?? 0 > 1_000_000_000 { return nil }
                continue
            case UInt8(ascii: "s"): unit = 1
            case UInt8(ascii: "m"): unit = 60
            case UInt8(ascii: "h"): unit = 3600
            case UInt8(ascii: "d"): unit = 86_400
            default: return nil
            }
            guard let count = number.take() else { return nil }
            total += count * unit
        }
        guard number == nil, !argument.isEmpty, argument.utf8.count <= 40 else { return nil }
        seconds = total
    }
}
