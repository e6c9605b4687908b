// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// An extended regular expression (POSIX, regex(7)), as `grep -E` takes it.
package final class LinePattern {
    private var compiled = regex_t()

    /// A pattern.
    /// - Throws: `Problem` if it is not an expression.
    package init(_ text: String) throws(Problem) {
        let code = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var message = [CChar](repeating: 0, count: 256)
            regerror(code, &compiled, &message, message.count)
            throw Problem(
                text: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            )
        }
    }

    deinit { regfree(&compiled) }

    /// Whether some part of a line is as the pattern says.
    package func matches(_ line: String) -> Bool {
        // By its length: a line may hold zero bytes.
        var line = line
        return line.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(bytes.count))
                var none: CChar = 0
                return withUnsafePointer(to: &none) { empty in
                    regexec(&compiled, bytes.baseAddress ?? empty, 1, &range, REG_STARTEND) == 0
                }
            }
        }
    }

    /// Why a text is no expression.
    package struct Problem: Error {
        /// In words.
        package let text: String
    }
}
