// SPDX-License-Identifier: Apache-2.0
internal import Control

/// A volume of an app of this node.
struct VolumeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    let app: String
    let name: String

    var description: String { "\(app)/\(name)" }

    static func < (one: VolumeName, other: VolumeName) -> Bool {
        (one.app, one.name) < (other.app, other.name)
    }
}

extension VolumeName {
    /// Names that a caller gives: they become parts of paths and keys.
    ///
    /// - Throws: `ControlError` if one is none that a Compose file may have.
    init(given app: String, _ name: String) throws(ControlError) {
        for (text, what) in [(app, "an app"), (name, "a volume")] {
            let isFine = text.utf8.allSatisfy { Self.isPlain($0) || "_.-".utf8.contains($0) }
            guard let first = text.utf8.first, Self.isPlain(first), isFine, text.utf8.count <= 63 else {
                throw ControlError(
                    .invalid,
                    "\(app)/\(name)",
                    "'\(text)' is not the name of \(what)",
                    "use letters, digits, '_', '.' and '-', and begin with a letter or digit"
                )
            }
        }
        self.init(app: app, name: name)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte
    }
}
