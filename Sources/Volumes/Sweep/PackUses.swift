// SPDX-License-Identifier: Apache-2.0

/// The packs that each of many trees needs: eight bytes for each, as versions of one volume have mostly the same ones.
struct PackUses {
    private struct Use {
        var pack: UInt32
        let bytes: UInt32
    }

    private var trees: [ContentName: [Use]] = [:]
    private var names: [PackName] = []
    private var numbers: [PackName: UInt32] = [:]

    /// Whether a tree's packs are noted.
    func contains(_ tree: ContentName) -> Bool { trees[tree] != nil }

    /// Notes what a tree needs.
    mutating func note(_ packs: TreePacks, of tree: ContentName) {
        trees[tree] = packs.bytes.map { name, bytes in
            Use(pack: number(of: name), bytes: UInt32(clamping: bytes))
        }
    }

    /// Forgets all trees but some, and the names that those do not have once they are the most.
    mutating func keep(where isKept: (ContentName) -> Bool) {
        trees = trees.filter { isKept($0.key) }
        let used = Set(trees.values.joined().map(\.pack))
        guard used.count < names.count / 2 else { return }
        let before = names
        (names, numbers) = ([], [:])
        for (tree, uses) in trees {
            trees[tree] = uses.map { Use(pack: number(of: before[Int($0.pack)]), bytes: $0.bytes) }
        }
    }

    /// All packs, with as many bytes as the tree that has most of each.
    func most() -> [PackName: Int] {
        var most: [UInt32?] = Array(repeating: nil, count: names.count)
        for use in trees.values.joined() {
            most[Int(use.pack)] = max(most[Int(use.pack)] ?? 0, use.bytes)
        }
        return zip(names, most).reduce(into: [:]) { all, one in
            if let bytes = one.1 { all[one.0] = Int(bytes) }
        }
    }

    private mutating func number(of name: PackName) -> UInt32 {
        if let number = numbers[name] { return number }
        let number = UInt32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }
}
