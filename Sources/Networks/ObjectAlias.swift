// SPDX-License-Identifier: Apache-2.0
internal import Netlink

/// The text kept in `ifalias`: the label and then `key=value` words, so that the kernel's state is the record.
struct ObjectAlias: Equatable, CustomStringConvertible {
    let label: NetworkLabel
    let words: [String: String]

    init(_ label: NetworkLabel, _ words: [String: String]) {
        self.label = label
        self.words = words
    }

    /// Reads an alias; one that was not written by us is nil.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard let first = parts.first, let label = NetworkLabel(first) else { return nil }
        self.label = label
        var words: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let sign = part.firstIndex(of: "=") else { return nil }
            words[String(part[..<sign])] = String(part[part.index(after: sign)...])
        }
        self.words = words
    }

    var description: String {
        ([label.description] + words.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
            .joined(separator: " ")
    }
}
