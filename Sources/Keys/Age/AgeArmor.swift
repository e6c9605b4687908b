// SPDX-License-Identifier: Apache-2.0

/// The text form of an age file (age v1, "ASCII armor"): strict PEM with lines of 64 letters.
enum AgeArmor {
    static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end = "-----END AGE ENCRYPTED FILE-----"

    /// The file itself, whichever form it is in.
    static func removed(_ bytes: [UInt8]) throws(AgeFault) -> [UInt8] {
        guard bytes.starts(with: begin.utf8) else { return bytes }
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }
        while let last = lines.last, last.allSatisfy(isSpace) { lines.removeLast() }
        guard lines.count >= 2, lines.first?.elementsEqual(begin.utf8) == true,
            lines.last?.elementsEqual(end.utf8) == true
        else { throw .malformed("its armor has no end") }
        let body = lines.dropFirst().dropLast()
        let areFull = body.dropLast().allSatisfy { $0.count == 64 }
        guard let last = body.last, areFull, (1...64).contains(last.count) else {
            throw .malformed("a line of its armor has not 64 letters")
        }
        guard let file = Base64.decode(body.flatMap(\.self)) else {
            throw .malformed("its armor is not Base64")
        }
        return file
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
}
