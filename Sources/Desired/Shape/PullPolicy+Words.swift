// SPDX-License-Identifier: Apache-2.0

extension PullPolicy {
    /// Whether it is one of the policies of 05-services.md, "pull_policy", honoured or not.
    static func isKnown(_ text: String) -> Bool {
        let words = ["always", "never", "missing", "if_not_present", "build", "daily", "weekly", "refresh"]
        guard text.hasPrefix("every_") else { return words.contains(text) }
        var rest = text.dropFirst("every_".count)[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard UInt32(digits) != nil, let unit = rest.dropFirst(digits.count).first, "wdhms".contains(unit)
            else { return false }
            rest = rest.dropFirst(digits.count + 1)
        }
        return text.utf8.count > "every_".utf8.count
    }
}
