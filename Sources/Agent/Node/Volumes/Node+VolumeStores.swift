// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired

extension Node {
    /// The stores that an app wants its volumes in, and the node does not have.
    func storeProblems(of app: App) -> [ControlError.Problem] {
        let known = settings.stores.keys.sorted()
        return app.volumes.compactMap { volume in
            guard let name = volume.storage?.store, settings.stores[name] == nil else { return nil }
            return Self.problem(
                "volumes.\(volume.name).x-martlet.store",
                "the node has no store '\(name)'",
                known.isEmpty
                    ? "add it under 'stores' in node.yaml"
                    : "use one of \(known.joined(separator: ", ")), or add it in node.yaml"
            )
        }
    }
}
