// SPDX-License-Identifier: Apache-2.0

extension PullPolicy: RawRepresentable {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]

    /// Reads `never`, `missing`, `always`, `daily`, `weekly`, or `every_` and numbers with units: `every_1d12h`.
    public init?(rawValue text: String) {
        switch text {
        case "never": self = .never
        case "missing": self = .missing
        case "always": self = .always
        case "daily": self = .every(.seconds(86_400))
        case "weekly": self = .every(.seconds(604_800))
        default:
            guard text.hasPrefix("every_"), let period = Self.seconds(text.dropFirst("every_".count)) else {
                return nil
            }
            self = .every(.seconds(period))
        }
    }

    /// One word for each policy: equal periods are spelled alike.
    public var rawValue: String {
        switch self {
        case .never: "never"
        case .missing: "missing"
        case .always: "always"
        case .every(let period): "every_\(period.components.seconds)s"
        }
    }

    /// Whether it is one of the policies of 05-services.md, "pull_policy", honoured or not.
    static func isKnown(_ text: String) -> Bool {
        ["if_not_present", "build", "refresh"].contains(text) || PullPolicy(rawValue: text) != nil
    }

    private static func seconds(_ text: Substring) -> Int64? {
        var total: Int64 = 0
        var rest = text
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = UInt32(digits), let unit = rest.dropFirst(digits.count).first,
                let size = units[unit]
            else { return nil }
            let (sum, isOverflown) = total.addingReportingOverflow(Int64(count) * size)
            // So that every period has a spelling that is read again.
            guard !isOverflown, sum <= Int64(UInt32.max) else { return nil }
            total = sum
            rest = rest.dropFirst(digits.count + 1)
        }
        return total
    }
}
