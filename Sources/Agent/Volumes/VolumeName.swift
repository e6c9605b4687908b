// SPDX-License-Identifier: Apache-2.0

/// A volume of an app of this node.
struct VolumeName: Hashable, Comparable, Sendable, CustomStringConvertible {
    let app: String
    let name: String

    var description: String { "\(app)/\(name)" }

    static func < (one: VolumeName, other: VolumeName) -> Bool {
        (one.app, one.name) < (other.app, other.name)
    }
}
