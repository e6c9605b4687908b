// SPDX-License-Identifier: Apache-2.0

/// The verbs that work on the node itself: those of the program `martlet-agent`.
///
/// All others ask an agent, and do not load what it takes to be one.
package enum NodeVerb: String, Sendable {
    /// The daemon.
    case agent
    /// The foreground form.
    case run
    /// The image cache.
    case image

    /// One line for `--help`.
    package var abstract: String {
        switch self {
        case .agent: "Run the agent: it makes this host match what is applied, until SIGTERM."
        case .run: "Run an app in the foreground; Ctrl-C brings everything down."
        case .image: "The verified image cache."
        }
    }
}
