// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Whether what has a name in the store may be believed, as an extended attribute says.
///
/// A name comes before its content is on the disk, so that nobody waits for the disk. Until then the attribute holds
/// the boot in which the content was written: in that boot the page cache is right, whatever becomes of the writer,
/// and after a power cut it is another boot. Only after the disk has it all does the attribute say so. Without that
/// proof nothing is believed.
enum Durability {
    private static let attribute = "trusted.martlet.written"
    private static let onDisk = Array("disk".utf8)

    /// The boot that runs; nil if the kernel does not tell, and then nothing is believed before it is on the disk.
    private static let boot: [UInt8]? = {
        let file = try? Descriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY)
        guard let text = try? file?.readAll(limit: 128), text.count >= 36 else { return nil }
        return Array(text.prefix(36))
    }()

    /// Says that a file or folder was written in this boot, before it gets its name.
    static func begin(_ file: Descriptor) throws(LinuxError) {
        if let boot { try file.setAttribute(attribute, boot) }
    }

    /// Says that the disk has it.
    static func settle(_ file: Descriptor) throws(LinuxError) { try file.setAttribute(attribute, onDisk) }

    /// Whether an attribute is the sign of ours.
    static func isMark(_ name: String) -> Bool { name == attribute }

    /// Whether it may be believed.
    static func holds(_ file: Descriptor) throws(LinuxError) -> Bool {
        guard let value = try file.attribute(attribute) else { return false }
        return value == onDisk || value == boot
    }

    /// Whether the disk has it.
    static func isSettled(_ file: Descriptor) throws(LinuxError) -> Bool {
        try file.attribute(attribute) == onDisk
    }
}
