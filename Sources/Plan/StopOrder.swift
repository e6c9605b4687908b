// SPDX-License-Identifier: Apache-2.0

/// The order in which containers stop: dependents before what they depend on.
enum StopOrder {
    /// The instances in that order; those without a tie by app, service and falling index.
    static func ordered(_ instances: [Observed.Instance]) -> [Observed.Instance] {
        var pending = Dictionary(grouping: instances) { Key(app: $0.app, service: $0.service) }
        var result: [Observed.Instance] = []
        while !pending.isEmpty {
            let keys = pending.keys.sorted()
            // A service may stop once nobody that is left depends on it.
            let needed = Set(
                pending.flatMap { key, members in
                    members.flatMap(\.dependencies).filter { $0 != key.service }.map {
                        Key(app: key.app, service: $0)
                    }
                }
            )
            let free = keys.filter { !needed.contains($0) }
            // All that is left is a cycle: break it by name.
            for key in free.isEmpty ? Array(keys.prefix(1)) : free {
                result += (pending.removeValue(forKey: key) ?? []).sorted {
                    ($0.index, $0.id) > ($1.index, $1.id)
                }
            }
        }
        return result
    }

    private struct Key: Hashable, Comparable {
        let app: String
        let service: String

        static func < (one: Key, other: Key) -> Bool {
            (one.app, one.service) < (other.app, other.service)
        }
    }
}
