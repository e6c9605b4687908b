// SPDX-License-Identifier: Apache-2.0

/// What a project may cost in all, whichever way its files refer to each other.
struct Budget {
    static let bytes = 4 << 20
    static let files = 100
    static let nodes = 200_000
    static let includeDepth = 20
    static let extendsLength = 64

    /// What is left of each.
    private(set) var bytes = Budget.bytes
    private(set) var files = Budget.files
    private(set) var nodes = Budget.nodes
    /// Text that variables and environment files put in.
    private(set) var text = Budget.bytes

    /// Takes one file; false when there were too many.
    mutating func spend(files count: Int) -> Bool {
        files -= count
        return files >= 0
    }

    mutating func spend(bytes count: Int) -> Bool {
        bytes -= count
        return bytes >= 0
    }

    mutating func spend(nodes count: Int) -> Bool {
        nodes -= count
        return nodes >= 0
    }

    mutating func spend(text count: Int) -> Bool {
        text -= count
        return text >= 0
    }
}
