// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Signals by name, signal(7).
enum SignalName {
    private static let numbers: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8,
        "KILL": 9,
        "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17,
        "CLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24,
        "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
    ]

    /// `SIGTERM`, `TERM`, `term`, `15`, `RTMIN+3`; nil for anything else.
    static func number(_ word: String) -> Int32? {
        if let number = Int32(word) { return (0...64).contains(number) ? number : nil }
        var name = word.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let number = numbers[name] { return number }
        for (prefix, base, sign) in [("RTMIN", Int32(34), Int32(1)), ("RTMAX", 64, -1)]
        where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            guard !rest.isEmpty else { return base }
            guard rest.first == (sign > 0 ? "+" : "-"), let offset = Int32(rest.dropFirst()),
                (0...30).contains(offset)
            else { return nil }
            return base + sign * offset
        }
        return nil
    }
}
