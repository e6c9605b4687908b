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
    /// The objects of the node's stores.
    case store
    /// The tokens that callers prove themselves with.
    case token
    /// The first boot.
    case provision
    /// The end of all that runs, while the machine goes down; no verb of a person's.
    case halt
    /// What verbs that ask another host go through; no verb of a person's.
    case tunnel

    /// Whether it works on what the agent of a state folder has there, and so is of the same release.
    package var isOfRelease: Bool { [.agent, .halt, .image].contains(self) }

    /// One line for `--help`.
    package var abstract: String {
        switch self {
        case .agent: "Run the agent: it makes this host match what is applied, until SIGTERM."
        case .run: "Run an app in the foreground; Ctrl-C brings everything down."
        case .image: "The verified image cache."
        case .store: "The objects in the stores of the node file."
        case .token: "The tokens that callers of the API prove themselves with."
        case .provision: "Give this node its settings and first apps, once."
        case .halt: "Stop all containers as each wants to be stopped; the next agent starts them."
        case .tunnel: "A stream of bytes to a node, by TLS."
        }
    }
}
