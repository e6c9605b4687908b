// SPDX-License-Identifier: Apache-2.0

/// One of our tables, read back from the packet filter.
struct PublishedTable {
    let name: String
    let label: NetworkLabel
    let ports: [HostPort]

    /// All tables that carry a label of ours, of every owner.
    static func all(_ filter: Nftables) throws(NetworkError) -> [PublishedTable] {
        var tables: [PublishedTable] = []
        for line in try filter.run("list tables", "tables").split(separator: "\n") {
            // `table inet martlet_0123abcd`
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, words[1] == "inet" || words[1] == "bridge", words[2].hasPrefix("martlet_")
            else { continue }
            guard let text = try listing("\(words[1]) \(words[2])", filter) else { continue }
            if let table = PublishedTable(name: words[2], listing: text) { tables.append(table) }
        }
        return tables
    }

    /// What `list table` prints; nil if the table is gone.
    ///
    /// Another agent of this host may remove its own meanwhile, and make it anew.
    private static func listing(_ table: String, _ filter: Nftables) throws(NetworkError) -> String? {
        var attempts = 0
        while true {
            do { return try filter.run("list table \(table)", table) } catch {
                attempts += 1
                let tables = try filter.run("list tables", "tables").split(separator: "\n")
                guard tables.contains("table \(table)") else { return nil }
                guard attempts < 5 else { throw error }
            }
        }
    }

    /// Reads what `list table` prints.
    init?(name: String, listing: String) {
        let comments = listing.split(separator: "\n").compactMap(PublishedTable.comment)
        guard let label = comments.lazy.compactMap({ NetworkLabel($0) }).first else { return nil }
        self.name = name
        self.label = label
        ports = comments.compactMap { $0.hasPrefix("port ") ? HostPort(word: $0.dropFirst(5)) : nil }
    }

    private static func comment(_ line: Substring) -> Substring? {
        let mark = "comment \""
        guard line.last == "\"" else { return nil }
        var rest = line.dropLast()
        while let first = rest.firstIndex(of: "c") {
            rest = rest[first...]
            if rest.hasPrefix(mark) { return rest.dropFirst(mark.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
