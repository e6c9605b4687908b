// SPDX-License-Identifier: Apache-2.0

/// One or more nodes, as `x-martlet.audience` names them.
public enum Audience: Sendable, Equatable, CustomStringConvertible {
    /// The node of this name.
    case node(String)
    /// All nodes with this label: `KEY=VALUE`.
    case label(String, String)

    /// Reads a name of a node or `KEY=VALUE`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        guard parts.count == 2 else {
            guard Names.host(text) != nil else { return nil }
            self = .node(text)
            return
        }
        guard Names.isLabelKey(parts[0]), Names.isLabelValue(parts[1]) else { return nil }
        self = .label(parts[0], parts[1])
    }

    func includes(node: String, labels: [String: String]) -> Bool {
        switch self {
        case .node(let name): name == node
        case .label(let key, let value): labels[key] == value
        }
    }

    /// As it is written in a file.
    public var description: String {
        switch self {
        case .node(let name): name
        case .label(let key, let value): "\(key)=\(value)"
        }
    }
}
