// SPDX-License-Identifier: Apache-2.0

/// Looks for mapping keys that are aliases or collections, before the parser sees the file.
///
/// The parser hashes every key to find duplicates. A key that leads to nested aliases makes that hash grow
/// exponentially, and no limit of ours is asked before. No key of a desired state is anything but a scalar, so
/// the scan may be blunt: it looks at characters, not at context, and only in files that use aliases.
enum KeyScan {
    /// The place of the first such key.
    static func offence(in text: String) -> Position? {
        var line = 1
        var bytes: [UInt8] = []
        var found: Position?
        var hasAlias = false
        // Within the scan a line ends where YAML ends it; CR alone counts too.
        func finish() {
            if let column = scan(bytes, &hasAlias), found == nil {
                found = Position(line: line, column: column + 1)
            }
            bytes.removeAll(keepingCapacity: true)
            line += 1
        }
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                finish()
            } else {
                bytes.append(byte)
            }
        }
        finish()
        return hasAlias ? found : nil
    }

    private static func scan(_ line: [UInt8], _ hasAlias: inout Bool) -> Int? {
        var aliasInLine = false
        var previous: UInt8 = 0  // the last byte that is not blank
        var isLeading = true  // only indicators so far
        var index = 0
        while index < line.count {
            let byte = line[index]
            let start = index
            index += 1
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): continue
            case UInt8(ascii: "?"):
                let opens = previous == 0 || "[{,".utf8.contains(previous)
                if isLeading || opens { return start }
            case UInt8(ascii: "*"):
                let before = start == 0 ? UInt8(ascii: " ") : line[start - 1]
                guard " \t[{,:".utf8.contains(before) else { break }
                while index < line.count,
                    Characters.isAlphanumeric(line[index]) || "_-".utf8.contains(line[index])
                {
                    index += 1
                }
                guard index > start + 1 else { break }
                hasAlias = true
                aliasInLine = true
                if isColon(line, after: index) { return start }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if aliasInLine, isColon(line, after: index) { return start }
            default: break
            }
            if !"-:?".utf8.contains(byte) { isLeading = false }
            previous = byte
        }
        return nil
    }

    private static func isColon(_ line: [UInt8], after index: Int) -> Bool {
        line[index...].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }
}
