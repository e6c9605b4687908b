// SPDX-License-Identifier: Apache-2.0

/// What the files of one project directory are read with: an included project has a scope of its own.
struct Scope {
    /// Where relative paths start.
    let directory: Place
    /// The variables for interpolation.
    var environment: [String: String]
    /// The files that led here, each including the next.
    var chain: [Place] = []

    /// What brings a file of this directory into its long form.
    func normaliser(_ findings: Findings) -> Normaliser {
        Normaliser(findings: findings, directory: directory.path, environment: environment)
    }
}
