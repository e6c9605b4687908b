// SPDX-License-Identifier: Apache-2.0

/// Rewrites a Compose file in its long form.
struct Normaliser {
    let findings: Findings
    let directory: String
    let environment: [String: String]

    /// One file in its long form.
    func file(_ tree: Tree) -> Tree {
        tree
    }

    /// The merged project with what is implied put in.
    func finish(_ tree: Tree) -> Tree {
        tree
    }
}
