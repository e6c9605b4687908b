// SPDX-License-Identifier: Apache-2.0

/// A signal, see signal(7).
///
/// Numbers are those of x86 and ARM.
public struct Signal: Sendable, Equatable, CustomStringConvertible {
    /// The signal's number.
    public let number: Int32

    /// Reads `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3` or `RTMAX-1`; nil if there is no such signal.
    public init?(_ text: String) {
        if let number = Int32(digits: text) {
            guard (1...64).contains(number) else { return nil }
            self.number = number
            return
        }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if let index = Signal.names.firstIndex(of: name) {
            number = Int32(index) + 1
        } else if let offset = Signal.offset(of: name, from: "RTMIN", "+") {
            number = 34 + offset
        } else if let offset = Signal.offset(of: name, from: "RTMAX", "-") {
            number = 64 - offset
        } else {
            return nil
        }
    }

    /// The name, for example `SIGTERM`.
    public var description: String {
        if number <= 31 { return "SIG" + Signal.names[Int(number) - 1] }
        return number < 34 ? String(number) : number == 34 ? "SIGRTMIN" : "SIGRTMIN+\(number - 34)"
    }

    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
        "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    private static func offset(of name: String, from base: String, _ sign: String) -> Int32? {
        guard name.hasPrefix(base) else { return nil }
        let rest = name.dropFirst(base.count)
        if rest.isEmpty { return 0 }
        guard rest.hasPrefix(sign), let offset = Int32(digits: rest.dropFirst()), offset <= 30 else {
            return nil
        }
        return offset
    }
}
