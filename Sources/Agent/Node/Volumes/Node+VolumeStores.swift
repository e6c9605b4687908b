// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired

extension Node {
    /// The stores that an app wants its volumes in, and the node does not have.
    func storeProblems(of app: App) -> [ControlError.Problem] {
        let known = settings.stores.keys.sorted()
        return app.volumes.compactMap { volume in
            guard let storage = volume.storage else { return nil }
            guard let store = settings.stores[storage.store] else {
                return Self.problem(
                    "volumes.\(volume.name).x-martlet.store",
                    "the node has no store '\(storage.store)'",
                    known.isEmpty
                        ? "add it under 'stores' in node.yaml"
                        : "use one of \(known.joined(separator: ", ")), or add it in node.yaml"
                )
            }
            if storage.isEncrypted, !store.isSealed {
                return Self.problem(
                    "volumes.\(volume.name).x-martlet.encrypt",
                    "the store '\(storage.store)' is not encrypted",
                    "add 'encrypt' to it in node.yaml, with a prefix of its own"
                )
            }
            if storage.mode == .objects, store.isSealed {
                return Self.problem(
                    "volumes.\(volume.name).x-martlet.mode",
                    "the store '\(storage.store)' is encrypted: nobody else could read the objects",
                    "use another store, or 'mode: snapshot'"
                )
            }
            return nil
        }
    }
}
