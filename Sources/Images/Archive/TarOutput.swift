// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Writes a tar archive of plain files (POSIX ustar), the same bytes for the same files.
struct TarOutput {
    private let file: Descriptor
    private let subject: String

    init(_ file: Descriptor, subject: String) {
        self.file = file
        self.subject = subject
    }

    /// Writes a file of at most 99 bytes of name.
    func add(_ name: String, _ bytes: [UInt8]) throws(ImageError) {
        try begin(name, size: bytes.count)
        try write(bytes)
        try end(size: bytes.count)
    }

    /// Writes the header of a file whose `size` bytes the caller writes next.
    func begin(_ name: String, size: Int) throws(ImageError) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
        }
        put(name.utf8.prefix(99), at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        if size < 1 << 33 {
            put(octal(size, 11), at: 124)
        } else {
            // Beyond eleven octal digits GNU tar and all that read it count in base 256.
            header[124] = 0x80
            for place in 0..<8 { header[135 - place] = UInt8(truncatingIfNeeded: size >> (8 * place)) }
        }
        put(octal(0, 11), at: 136)
        header[156] = UInt8(ascii: "0")
        put("ustar\u{0}00".utf8, at: 257)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + [0, 0x20], at: 148)
        try write(header)
    }

    /// Fills the last block of a file.
    func end(size: Int) throws(ImageError) {
        try write([UInt8](repeating: 0, count: (512 - size % 512) % 512))
    }

    /// Ends the archive.
    func finish() throws(ImageError) { try write([UInt8](repeating: 0, count: 1024)) }

    private func write(_ bytes: [UInt8]) throws(ImageError) {
        try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Writes content.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        try attempt("export", subject) { () throws(LinuxError) in try file.write(all: bytes) }
    }
}
