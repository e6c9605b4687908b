// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Linux

// The keeper of the runtime folder: who starts and holds what runs, and may be replaced meanwhile.

extension Node {
    /// The keeper may be starting still.
    static func connect(_ folders: Folders) async throws -> Keeper {
        for attempt in 0... {
            do {
                return try await Keeper.connect(runtimeDirectory: folders.runtime)
            } catch {
                guard attempt < 500 else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw AgentError("connect", folders.runtime, "the keeper does not answer")
    }

    /// A keeper and the id ranges that it holds for us; a keeper may be replaced meanwhile.
    static func connectAndClaim(_ folders: Folders) async throws -> (Keeper, IDRange) {
        while true {
            let keeper = try await connect(folders)
            do {
                return (keeper, try await claims(keeper))
            } catch let error as ContainerError where error.cause == .keeperGone {
                continue
            }
        }
    }

    private static func claims(_ keeper: Keeper) async throws -> IDRange {
        if let parked = try await keeper.take(IDRange.parkedName) { return IDRange(file: parked) }
        let ids = try IDRange.open()
        Failpoint.idRangeOpened.reach()
        try await keeper.park(IDRange.parkedName, ids.file)
        Failpoint.idRangeParked.reach()
        return ids
    }

    /// Asks the keeper, and the next one when it is replaced: for requests that may be made twice.
    func ask<Answer: Sendable>(_ request: (Keeper) async throws -> Answer) async throws -> Answer {
        while true {
            let asked = keeper
            do {
                return try await request(asked)
            } catch let error as ContainerError where error.cause == .keeperGone {
                try await reconnect(after: asked)
            }
        }
    }

    /// Connects to the keeper that follows one that is gone.
    func reconnect(after gone: Keeper) async throws {
        guard keeper === gone else { return }
        let next = try await Self.connect(folders)
        guard keeper === gone else { return next.close() }
        keeper = next
    }
}
