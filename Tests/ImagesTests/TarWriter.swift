// SPDX-License-Identifier: Apache-2.0

/// Writes tar archives byte by byte, also such as no honest program writes.
struct TarWriter {
    private(set) var bytes: [UInt8] = []
    private var isCut = false

    /// One entry; `tweak` may spoil the header before its checksum is made.
    mutating func add(
        _ name: [UInt8],
        type: Character = "0",
        mode: UInt32 = 0o644,
        uid: Int = 0,
        gid: Int = 0,
        link: [UInt8] = [],
        content: [UInt8] = [],
        mtime: Int = 1_600_000_000,
        tweak: (inout [UInt8]) -> Void = { _ in }
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ value: [UInt8], at offset: Int, limit: Int) {
            for (index, byte) in value.prefix(limit).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, width - digits.count)) + digits).utf8)
        }
        put(name, at: 0, limit: 100)
        put(octal(Int(mode), 7), at: 100, limit: 8)
        put(octal(uid, 7), at: 108, limit: 8)
        put(octal(gid, 7), at: 116, limit: 8)
        put(octal(content.count, 11), at: 124, limit: 12)
        put(octal(mtime, 11), at: 136, limit: 12)
        header[156] = type.asciiValue ?? 0
        put(link, at: 157, limit: 100)
        put(Array("ustar\u{0}00".utf8), at: 257, limit: 8)
        tweak(&header)
        for index in 148..<156 { header[index] = 0x20 }
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148, limit: 8)
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func file(
        _ name: String,
        _ content: String = "x",
        mode: UInt32 = 0o644,
        uid: Int = 0,
        gid: Int = 0
    ) {
        add(Array(name.utf8), mode: mode, uid: uid, gid: gid, content: Array(content.utf8))
    }
    mutating func directory(_ name: String, mode: UInt32 = 0o755, mtime: Int = 1_600_000_000) {
        add(Array(name.utf8), type: "5", mode: mode, mtime: mtime)
    }
    mutating func link(_ name: String, to target: String) {
        add(Array(name.utf8), type: "2", mode: 0o777, link: Array(target.utf8))
    }
    mutating func hardLink(_ name: String, to target: String, mode: UInt32 = 0o644) {
        add(Array(name.utf8), type: "1", mode: mode, link: Array(target.utf8))
    }

    /// PAX records for the next entry, or for all with type `g`.
    mutating func pax(_ records: [(String, [UInt8])], type: Character = "x") {
        var content: [UInt8] = []
        for (key, value) in records {
            let body = Array(" \(key)=".utf8) + value + [0x0A]
            var length = body.count + 1
            while String(length).utf8.count + body.count != length {
                length = String(length).utf8.count + body.count
            }
            content += Array(String(length).utf8) + body
        }
        add(Array("PaxHeaders/x".utf8), type: type, content: content)
    }

    /// GNU's long name (`L`) or long link (`K`) for the next entry.
    mutating func gnuLong(_ type: Character, _ text: [UInt8]) {
        add(Array("././@LongLink".utf8), type: type, content: text + [0])
    }

    /// Changes one byte of what is written.
    mutating func spoil(at offset: Int) { bytes[offset] ^= 0x55 }

    /// Leaves out what follows, the archive's end too.
    mutating func cut(at count: Int) {
        bytes = Array(bytes.prefix(count))
        isCut = true
    }

    /// The archive with its end.
    var finished: [UInt8] { isCut ? bytes : bytes + [UInt8](repeating: 0, count: 1024) }
}
