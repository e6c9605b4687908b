// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Synchronization

/// The places for answers that go on and on, so many for each caller: who listens keeps nobody else out.
final class StreamPlaces: Sendable {
    /// One that is taken, until its last reference goes.
    final class Place: Sendable {
        private let places: StreamPlaces
        private let account: String

        fileprivate init(_ places: StreamPlaces, _ account: String) {
            (self.places, self.account) = (places, account)
        }

        deinit { places.leave(account) }
    }

    /// So many has a caller at most.
    static let most = 16

    private let taken = Mutex<[String: Int]>([:])

    /// Takes a place; nil for who has no bound.
    ///
    /// Throws if the caller has all of theirs.
    func take(_ caller: Caller) throws(ControlError) -> Place? {
        guard let account = caller.account else { return nil }
        let isThere = taken.withLock { taken in
            guard taken[account, default: 0] < Self.most else { return false }
            taken[account, default: 0] += 1
            return true
        }
        guard isThere else {
            throw ControlError(
                .tooMany,
                caller.name,
                "has \(Self.most) streams open already",
                "end one of its `logs`, `events` or `exec`, or use another token or certificate"
            )
        }
        return Place(self, account)
    }

    private func leave(_ account: String) {
        taken.withLock { taken in
            let left = taken[account, default: 0] - 1
            taken[account] = left > 0 ? left : nil
        }
    }
}
