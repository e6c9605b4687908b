// SPDX-License-Identifier: Apache-2.0

/// What a project may cost in all, whichever way its files refer to each other.
final class Budget {
    static let bytes = 4 << 20
    static let files = 100
    static let nodes = 200_000
    static let steps = 300_000
    static let includeDepth = 20
    static let extendsLength = 64

    private var bytes = Budget.bytes
    private var files = Budget.files
    private var nodes = Budget.nodes
    private var steps = Budget.steps
    private var text = Budget.bytes

    /// Takes bytes read from files; false once there were too many, as for the others.
    func spend(bytes count: Int) -> Bool {
        Budget.take(count, from: &bytes)
    }

    /// Takes files and documents, each as often as it is used.
    func spend(files count: Int) -> Bool {
        Budget.take(count, from: &files)
    }

    /// Takes nodes that a file, or what is put in from elsewhere, brings.
    func spend(nodes count: Int) -> Bool {
        Budget.take(count, from: &nodes)
    }

    /// Takes entries that are looked at to merge two trees.
    func spend(steps count: Int) -> Bool {
        Budget.take(count, from: &steps)
    }

    /// Takes bytes that variables and files of variables bring.
    func spend(text count: Int) -> Bool {
        Budget.take(count, from: &text)
    }

    private static func take(_ count: Int, from left: inout Int) -> Bool {
        left -= min(count, left + 1)
        return left >= 0
    }
}
