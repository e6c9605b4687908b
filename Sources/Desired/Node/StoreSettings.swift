// SPDX-License-Identifier: Apache-2.0

/// A store of objects: an entry of `stores` in `node.yaml`.
public enum StoreSettings: Equatable, Sendable {
    /// A directory of this node, by its absolute path.
    case directory(String)
}
