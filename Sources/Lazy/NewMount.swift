// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Linux

/// A new file system at a path, by fsopen(2) and what follows it: the agent's unit has no mount(2).
enum NewMount {
    /// Attaches one.
    ///
    /// - Parameters:
    ///   - type: The kind of file system.
    ///   - options: Names and values; one without a value is a word alone.
    ///   - attributes: Bits `MOUNT_ATTR_*` of mount_setattr(2).
    ///   - path: A directory.
    /// - Throws: What the kernel says to it.
    static func make(
        _ type: String,
        _ options: [(name: String, value: String)],
        attributes: UInt32 = 0,
        on path: String
    ) throws(LinuxError) {
        let result = withCStrings(options.flatMap { [$0.name, $0.value] }) {
            martlet_mount_new(type, $0, attributes, path)
        }
        try check("mount \(type) on", path, result)
    }
}
