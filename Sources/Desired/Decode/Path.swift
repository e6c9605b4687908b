// SPDX-License-Identifier: Apache-2.0

/// The way from the root of a document to a node.
///
/// Cheap to extend; spelled out only when a problem is reported.
indirect enum Path: CustomStringConvertible {
    case root
    case key(Path, String)
    case index(Path, Int)

    static func / (path: Path, key: String) -> Path {
        .key(path, key)
    }

    /// This path and those of all that is around the node, the root last.
    var wayUp: [Path] {
        switch self {
        case .root: [self]
        case .key(let parent, _), .index(let parent, _): [self] + parent.wayUp
        }
    }

    var description: String {
        switch self {
        case .root: ""
        case .key(.root, let key): Path.spelled(key)
        case .key(let parent, let key): "\(parent).\(Path.spelled(key))"
        case .index(let parent, let index): "\(parent)[\(index)]"
        }
    }

    private static func spelled(_ key: String) -> String {
        Characters.isName(key, and: "._-/") && key.utf8.count <= 80 ? key : Characters.quoted(key)
    }
}
