// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// That what a store has of this node is here: without it a state folder is new, and the store is asked first.
struct StateMark: Codable, Equatable, Sendable {
    private static let file = "kept.json"

    /// The store and the node's name in it.
    let place: String
    /// Whether all of it is here; if not, an agent was killed while it brought the apps back.
    var isWhole: Bool

    /// The mark of a state folder, nil if it has none; blocks.
    init?(in state: String) {
        guard let bytes = try? Folders.read("\(state)/\(Self.file)", limit: 65_536),
            let mark = try? JSONDecoder().decode(StateMark.self, from: Data(bytes))
        else { return nil }
        self = mark
    }

    init(_ store: String, node: String, isWhole: Bool) {
        place = "\(store) \(node)"
        self.isWhole = isWhole
    }

    /// Leaves it in a state folder; blocks.
    func save(in state: String) throws {
        try Folders.replace(Self.file, in: state, with: Array(JSONEncoder().encode(self)), durable: true)
    }
}
