// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// How often each route was asked for, by the status of the answer.
final class RequestCounts: Sendable {
    struct Key: Hashable, Comparable {
        let path: String
        let status: Int

        static func < (one: Key, other: Key) -> Bool { (one.path, one.status) < (other.path, other.status) }
    }

    private let counts = Mutex<[Key: Int]>([:])

    /// Counts an answer; the path is that of the route, so that there are no more than there are routes.
    func add(_ path: String, status: Int) {
        counts.withLock { $0[Key(path: path, status: status), default: 0] += 1 }
    }

    var all: [(key: Key, count: Int)] {
        counts.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.key < $1.key }
    }
}
