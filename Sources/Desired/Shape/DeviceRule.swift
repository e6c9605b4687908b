// SPDX-License-Identifier: Apache-2.0

/// A rule of the devices controller: `c 1:3 mr` (05-services.md, "device_cgroup_rules").
enum DeviceRule {
    static func isRule(_ text: String) -> Bool {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, ["a", "b", "c"].contains(parts[0]), Shape.isChoice(String(parts[2])) else {
            return false
        }
        let numbers = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        return numbers.count == 2 && numbers.allSatisfy { $0 == "*" || UInt32(digits: $0) != nil }
    }
}
