// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// What a store may be for besides being named elsewhere.
    private static let nodeState = "node-state"

    /// The store that keeps the node's own state: the one whose `use_for` says so; nil if none does.
    static func stateStore(_ stores: Field) -> String? {
        // What else it may be is a problem that was told.
        guard stores.isMapping else { return nil }
        var found: String?
        for (name, store) in stores.entries() where store.isMapping {
            guard let uses = store.entries().first(where: { $0.key == "use_for" })?.field else { continue }
            for use in uses.itemsOrOne() {
                let word = use.parsed("what a store can be for", "use \(nodeState)") {
                    $0 == nodeState ? $0 : nil
                }
                guard word != nil, found != name else { continue }
                if let found {
                    use.refuse("'\(found)' is for the node's state already", "keep it in one of them")
                }
                found = found ?? name
            }
        }
        return found
    }
}
