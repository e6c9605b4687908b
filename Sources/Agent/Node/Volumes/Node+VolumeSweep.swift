// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Desired
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

// Old versions are given up, and what no version has is deleted: by itself, and by hand.

extension Node {
    /// A store is swept so often, or up to a fifth later.
    static let sweepInterval = Duration.seconds(3_600)

    /// What sweeps came to since the agent began, by the names of the stores.
    public func sweepStatus() -> [SweepStatus] {
        sweeps.counts.sorted { $0.key < $1.key }.map { _, sum in
            var sum = sum
            let end = sum.sweptAt.flatMap(Timestamp.nanoseconds)
            sum.ageSeconds = end.map { max(0, Double(Timestamp.now() - $0) / 1e9) }
            return sum
        }
    }

    /// Sweeps stores now: that of one volume, one that is named, or those of all volumes of this node.
    ///
    /// - Parameters:
    ///   - app: The app of the volume; nil for all.
    ///   - name: The volume, whose old versions alone are given up then; it must be held.
    ///   - store: The store, whatever volumes this node has.
    /// - Returns: What each sweep came to.
    /// - Throws: `ControlError` if the volume is not held here, or a store cannot be swept.
    public func sweepVolumes(app: String? = nil, name: String? = nil, store: String? = nil) async throws
        -> [SweepStatus]
    {
        guard let app, let name else {
            if let store { return [try await sweep(store, retentions(in: store))] }
            let known = try await volumeStatus().compactMap(\.store).filter { stores.all[$0] != nil }
            // What one store refuses does not keep the others, and is told behind them.
            var done: [SweepStatus] = [], failure: (any Error)?
            for store in Set(known).sorted() {
                do { done.append(try await sweep(store, retentions(in: store))) } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            return done
        }
        let volume = try VolumeName(given: app, name)
        guard let held = kept[volume], held.isHeld else {
            throw ControlError(
                .conflict,
                "volume \(volume)",
                "it is not held by this node, and only its holder gives up versions of it",
                "start what uses it, or do it where that runs"
            )
        }
        let store = held.storage.store
        let own = retentions(in: store).filter { $0.key.volume == volume.description }
        return [try await sweep(store, own)]
    }

    /// Begins to sweep the stores of volumes that are held here, each in its time.
    func watchSweeps() {
        sweeps.caretaker = Task {
            var schedule = FollowSchedule(Self.sweepInterval)
            var failing: Set<String> = []
            while (try? await Task.sleep(for: schedule.tick)) != nil {
                for store in schedule.due(among: sweptStores) {
                    do {
                        _ = try await sweep(store, retentions(in: store))
                        failing.remove(store)
                    } catch {
                        guard !Task.isCancelled, failing.insert(store).inserted else { continue }
                        events.append(.failed, app: nil, "\(error)")
                    }
                }
            }
        }
    }

    /// Stores that have volumes that are held here.
    private var sweptStores: Set<String> {
        Set(kept.values.filter { $0.isHeld && $0.guarantee != nil }.map(\.storage.store))
    }

    /// What is kept of volumes that are held here: of others nothing is given up.
    private func retentions(in store: String) -> [LogPlace: Retention] {
        var retentions: [LogPlace: Retention] = [:]
        for (name, volume) in kept where volume.isHeld && volume.storage.store == store {
            guard let retain = volume.storage.retain,
                let place = try? LogPlace(app: name.app, volume: name.name)  // it has a log there
            else { continue }
            retentions[place] = Retention(last: retain.last, hourly: retain.hourly, daily: retain.daily)
        }
        return retentions
    }

    private func sweep(_ name: String, _ retentions: [LogPlace: Retention]) async throws -> SweepStatus {
        guard let store = stores.all[name] else {
            throw ControlError(
                .absent,
                "store \(name)",
                "the node has no such store",
                "add it under 'stores' in node.yaml"
            )
        }
        var came = SweepStatus(store: name)
        defer { sweeps.counts[name] = (sweeps.counts[name] ?? SweepStatus(store: name)) + came }
        let report: Sweeper.Report
        do {
            if kept.values.contains(where: { $0.isInLines && $0.storage.store == name }) {
                report = try await sweepLines(name, retentions)
            } else {
                report = try await sweepLedger(store, name, retentions)
            }
        } catch {
            came.failures = 1
            guard let error = error as? VolumeError else { throw error }
            let code: ControlError.Code = if case .refused = error.cause { .conflict } else { .failed }
            throw ControlError(code, "store \(name)", error.reason)
        }
        (came.sweeps, came.sweptAt) = (1, Timestamp.text(Timestamp.now()))
        (came.versions, came.records, came.marked) = (report.expired, report.records, report.marked)
        (came.packs, came.bytes) = (report.packs, report.bytes)
        if came.versions + came.records + came.packs > 0 {
            events.append(
                .removed,
                app: nil,
                "store \(name): \(came.versions) versions were given up, \(came.records) records and \(came.packs) packs"
                    + (came.bytes > 0 ? " of \(came.bytes) bytes" : "") + " deleted"
            )
        }
        // What is in use of packs that are mostly not goes into others with the next commit.
        guard !report.sparse.isEmpty else { return came }
        for volume in kept.values where volume.isHeld && volume.storage.store == name {
            await volume.held?.rewrite(report.sparse)
        }
        return came
    }

    /// Sweeps a store that creates atomically: what is about to be deleted is written down in it.
    private func sweepLedger(
        _ store: any ObjectStore,
        _ name: String,
        _ retentions: [LogPlace: Retention]
    ) async throws -> Sweeper.Report {
        let sweeper = sweeps.sweepers[name] ?? StoreSweeper(store, called: name), scope = TransferScope()
        sweeps.sweepers[name] = sweeper
        return try await withTaskCancellationHandler {
            try await sweeper.sweep(retentions, in: scope)
        } onCancel: {
            scope.cancel()
        }
    }

    /// Sweeps volumes of a store that does not, one after the other: each has packs of its own.
    private func sweepLines(_ name: String, _ retentions: [LogPlace: Retention]) async throws
        -> Sweeper.Report
    {
        var sum = Sweeper.Report()
        for (volume, state) in kept where state.isInLines && state.storage.store == name {
            guard let retention = retentions[try LogPlace(app: volume.app, volume: volume.name)] else {
                continue
            }
            let report = try await state.held?.sweepLines(retention, now: UInt64(Timestamp.now()))
            sum.records += report?.records ?? 0
            sum.packs += report?.packs ?? 0
        }
        return sum
    }
}
