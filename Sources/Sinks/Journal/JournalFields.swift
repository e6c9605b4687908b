// SPDX-License-Identifier: Apache-2.0

/// The fields that all entries of an instance have: those that other engines write too, and our own.
struct JournalFields {
    /// As they stand in each entry.
    let bytes: [UInt8]

    private static let longestName = 64

    init(_ origin: LogOrigin) {
        let known: [(String, String)] = [
            ("SYSLOG_IDENTIFIER", origin.service), ("CONTAINER_NAME", origin.service),
            ("CONTAINER_TAG", origin.service), ("CONTAINER_ID", String(origin.container.prefix(12))),
            ("CONTAINER_ID_FULL", origin.container), ("IMAGE_NAME", origin.image),
            ("IMAGE_DIGEST", origin.imageDigest), ("MARTLET_NODE", origin.node),
            ("MARTLET_APP", origin.app), ("MARTLET_SERVICE", origin.service),
            ("MARTLET_INSTANCE", "\(origin.instance)"),
        ]
        var entry = JournalEntry()
        for (name, value) in known { entry.put(name, value) }
        for (name, value) in origin.fields.sorted(by: { $0.key < $1.key }) {
            guard let name = Self.name(name) else { continue }
            entry.put(name, value)
        }
        bytes = entry.bytes
    }

    /// What a user calls it, in the letters that names have; never one that somebody else gives a meaning to.
    private static func name(_ text: String) -> String? {
        let letters = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x61...0x7A: byte - 0x20
            case 0x41...0x5A, 0x30...0x39: byte
            default: 0x5F
            }
        }
        let name = String(decoding: letters.drop { $0 == 0x5F }, as: UTF8.self)
        guard let first = name.utf8.first else { return nil }
        let isTaken =
            (0x30...0x39).contains(first)
            || ["MESSAGE", "PRIORITY"].contains(name)
            || ["SYSLOG_", "CONTAINER_", "IMAGE_", "MARTLET_", "CODE_", "OBJECT_", "MESSAGE_", "COREDUMP_"]
                .contains(where: name.hasPrefix)
        return String((isTaken ? "FIELD_\(name)" : name).prefix(longestName))
    }
}
