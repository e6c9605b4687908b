// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How a container that runs differs from what its file, and its user's verbs, have made of it.
struct Drift: Equatable, Sendable {
    /// Limits by the names of their files: what was put in force, and what is.
    var limits: [String: Change] = [:]
    /// Its processes stand still, and nobody of ours wanted that.
    var isFrozen = false

    struct Change: Equatable, Sendable {
        let wanted: String
        let found: String
    }

    /// What the kernel holds, compared with what was put in force.
    init(wanted: [String: String], found: [String: String], isFrozen: Bool) {
        self.isFrozen = isFrozen
        for (file, value) in wanted {
            guard let now = found[file], now != value else { continue }
            limits[file] = Change(wanted: value, found: now)
        }
    }

    var isEmpty: Bool { self == Drift(wanted: [:], found: [:], isFrozen: false) }

    /// The fields of the service, ordered.
    var fields: [String] {
        Set(limits.keys.map(LimitFile.field)).sorted() + (isFrozen ? ["paused"] : [])
    }

    /// For example `deploy.resources.limits.memory (memory.max is 1048576, was set to max)`.
    var summary: String {
        let changed = limits.sorted { $0.key < $1.key }.map { file, change in
            "\(LimitFile.field(file)) (\(file) is \(change.found), was set to \(change.wanted))"
        }
        return (changed + (isFrozen ? ["its processes stand still"] : [])).joined(separator: ", ")
    }
}

/// Whom to look at soon: however often something is told of one, it is looked at once in a while.
final class DriftQueue: Sendable {
    private let waiting = Mutex<Set<String>>([])

    /// Whether the look is the caller's to take.
    func claim(_ id: String) -> Bool { waiting.withLock { $0.insert(id).inserted } }

    /// It is about to be taken.
    func release(_ id: String) { waiting.withLock { _ = $0.remove(id) } }
}
