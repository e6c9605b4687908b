// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Command
internal import Control
internal import Desired
internal import Objects

/// The verbs `martlet store ...`, each in a file of its own.
///
/// They go to the stores of the node file themselves: what is large does not pass through the agent.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: NodeVerb.store.abstract,
        discussion: "Stores are named under 'stores' in node.yaml; `martlet store ls` lists them.",
        subcommands: [Get.self, List.self, Probe.self, Put.self, Remove.self]
    )

    /// Whom to ask.
    struct Place: ParsableArguments {
        @OptionGroup var file: NodeFile
        @Argument(help: "The name of a store.") var store: String

        /// The store that is named, believed what others noted of it or not.
        func open(isNoted: Bool = true) throws -> any ObjectStore {
            let settings = try file.settings().stores
            guard let chosen = settings[store] else {
                let names = settings.keys.sorted().joined(separator: ", ")
                throw ControlError(
                    .absent,
                    store,
                    "there is no such store",
                    settings.isEmpty ? "name one under 'stores' in node.yaml" : "name one of \(names)"
                )
            }
            guard let store = try NodeStores([store: chosen], isNoted: isNoted).all[store] else {
                throw ControlError(.failed, store, "it cannot be opened", "see to its settings in node.yaml")
            }
            return store
        }
    }
}

extension ControlError {
    /// What a store could not do.
    init(_ error: ObjectError) {
        let code: Code = error.cause == .absent ? .absent : .failed
        self.init(code, "\(error.operation) \(error.subject)", error.reason)
    }
}
