// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Transfer

@testable internal import Volumes

/// Owners who commit few contents over and over, clone, name, pin and give up, while others sweep.
///
/// Each may be stopped before any request of theirs, for days, while the others go on; in the order of one thread.
final class SweepSimulation: @unchecked Sendable {  // one thread: the store calls back on it alone
    struct Violation: Error, CustomStringConvertible { let description: String }

    struct Outcome {
        var violation: String?
        var commits = 0
        var sweeps = 0
        var packs = 0
        var records = 0
        var rewritten = 0
    }

    private struct Holder {
        let place: LogPlace
        let folder: String
        var volume: StoredVolume?
        var isBusy = false
        var files: [Int: Int] = [:]
    }

    private let folder: String
    private let store = SimulatedClockStore()
    private let scope = TransferScope()
    private var random: SeededGenerator
    private var holders: [Holder] = []
    private var sweepers: [Sweeper] = []
    private var depth = 0
    private var clones = 0
    /// Versions that somebody was told of, by their logs: what is in them must be there while they are kept.
    private var told: [LogPlace: [UInt64: CommitRecord]] = [:]
    /// Versions that somebody reads, until when.
    private var pins: [(place: LogPlace, record: CommitRecord, pin: ReadPin)] = []
    private var trees: [ContentName: Set<String>] = [:]
    private var failure: (any Error)?
    private var outcome = Outcome()

    private init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        folder = "/var/tmp/martlet-sweeps-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try check("mkdir", folder, mkdir(folder, 0o700))
        for name in ["one", "two"] { try join(LogPlace("shop/\(name)")) }
        sweepers = [Sweeper(store), Sweeper(store)]
    }

    deinit { _ = try? Shell.run("rm -rf \(folder)") }

    static func run(seed: UInt64) throws -> Outcome {
        let simulation = try SweepSimulation(seed: seed)
        do {
            simulation.store.between { [unowned simulation] in simulation.interlude() }
            for _ in 0..<40 {
                try simulation.act()
                if let failure = simulation.failure { throw failure }
                try simulation.judge()
            }
        } catch {
            simulation.outcome.violation = "seed \(seed): \(error)"
        }
        simulation.store.between(nil)
        return simulation.outcome
    }

    private func join(_ place: LogPlace) throws {
        let folder = "\(folder)/\(holders.count)"
        try check("mkdir", folder, mkdir(folder, 0o700))
        holders.append(Holder(place: place, folder: folder))
    }

    private func chance(_ probability: Double) -> Bool { .random(in: 0..<1, using: &random) < probability }

    // MARK: Who does what

    /// Before a request: the others do something, however long it takes.
    private func interlude() {
        guard depth < 3, failure == nil, chance(0.04) else { return }
        do {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                if chance(0.6) { store.advance(hours: .random(in: 1...60, using: &random)) }
                try act()
            }
        } catch {
            failure = error
        }
    }

    private func act() throws {
        depth += 1
        defer { depth -= 1 }
        switch Int.random(in: 0..<21, using: &random) {
        case 0..<9: try commit()
        case 9..<14: try sweep()
        case 14..<16: store.advance(hours: .random(in: 1...60, using: &random))
        case 16: try name()
        case 17: try clone()
        case 18: try pin()
        default: die()
        }
    }

    private func idle() -> Int? {
        holders.indices.filter { !holders[$0].isBusy }.randomElement(using: &random)
    }

    private func commit() throws {
        guard let index = idle() else { return }
        holders[index].isBusy = true
        defer { holders[index].isBusy = false }
        let folder = holders[index].folder, place = holders[index].place
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let file = Int.random(in: 0..<4, using: &random), content = Int.random(in: 0..<7, using: &random)
            let path = "\(folder)/\(file)"
            if chance(0.3) {
                unlink(path)
            } else {
                let text = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ content &* 7919 &+ $0 / 7) }
                try Descriptor.open(path, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(text)
            }
        }
        do {
            let volume: StoredVolume
            if let known = holders[index].volume {
                volume = known
            } else {
                let timing = LeaseTiming(heartbeat: .milliseconds(1), patience: .milliseconds(1))
                let owner = CommitRecord.Owner(id: [UInt8](repeating: UInt8(index), count: 16), node: "n")
                let log = CommitLog(place, in: store, timing: timing)
                volume = try StoredVolume(log, for: owner, time: store.now, in: scope)
                holders[index].volume = volume
            }
            let before = volume.head.sequence
            let root = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
            guard let record = try volume.commit(root, isCut: true, time: store.now, in: scope) else {
                return
            }
            told[place, default: [:]][record.sequence] = record
            outcome.commits += 1
            if record.sequence > before + 1 { outcome.rewritten += 1 }
        } catch let error as VolumeError {
            // It may be tried again for as long as somebody wants to.
            guard case .unsettled = error.cause else {
                throw Violation(description: "\(place.volume): \(error)")
            }
        }
    }

    private func die() {
        if let index = idle() { holders[index].volume = nil }
    }

    private func sweep() throws {
        let retentions = holders.map { ($0.place, Retention(last: 1 + holders.count % 2)) }
        guard let sweeper = sweepers.randomElement(using: &random) else { return }
        let report: Sweeper.Report?
        do throws(VolumeError) {
            report = try sweeper.sweep(
                Dictionary(retentions) { one, _ in one },
                now: store.now,
                in: scope
            )
        } catch {
            // A record whose owner sleeps before they looked into the ledger: nothing is deleted meanwhile.
            guard error.isOfAbsence else { throw error }
            return
        }
        outcome.sweeps += 1
        outcome.packs += report?.packs ?? 0
        outcome.records += report?.records ?? 0
    }

    /// A version that somebody knows of gets a name, or loses it.
    private func name() throws {
        guard let place = holders.randomElement(using: &random)?.place,
            let record = told[place]?.values.randomElement(using: &random)
        else { return }
        let log = CommitLog(place, in: store)
        if chance(0.4) { return try log.removeSnapshot("kept", in: scope) }
        do throws(VolumeError) {
            try log.snapshot("kept", of: record, time: store.now, in: scope)
        } catch {
            // There is one of that name, or it is not kept any more.
            guard case .refused = error.cause else { throw error }
        }
    }

    /// Somebody reads a version that they know of for a while, or does not any more.
    private func pin() throws {
        if chance(0.3), !pins.isEmpty {
            return try pins.removeFirst().pin.release(in: store, scope)
        }
        guard let place = holders.randomElement(using: &random)?.place,
            let record = told[place]?.values.randomElement(using: &random)
        else { return }
        let hours = UInt64.random(in: 1...240, using: &random)
        do throws(VolumeError) {
            let pin = try ReadPin(
                record,
                of: CommitLog(place, in: store),
                until: store.now + hours * 3_600_000_000_000,
                nonce: PackName(using: &random).bytes,
                in: scope
            )
            pins.append((place, record, pin))
        } catch {
            guard case .refused = error.cause else { throw error }
        }
    }

    private func clone() throws {
        guard holders.count < 5, let place = holders.randomElement(using: &random)?.place,
            let record = told[place]?.values.randomElement(using: &random)
        else { return }
        clones += 1
        let other = try LogPlace("shop/clone-\(clones)")
        let nonce = PackName(using: &random).bytes
        do throws(VolumeError) {
            let first = try CommitLog(other, in: store).clone(
                record,
                of: place,
                by: CommitRecord.Owner(id: nonce, node: "c"),
                time: store.now,
                nonce: nonce,
                in: scope
            )
            told[other, default: [:]][1] = first
        } catch {
            guard case .refused = error.cause else { throw error }
            return
        }
        try join(other)
    }

    // MARK: The oracle

    /// All versions that are kept must have all their packs.
    private func judge() throws {
        store.between(nil)
        defer { store.between { [unowned self] in self.interlude() } }
        let keys = store.keys
        for (place, record, pin) in pins where pin.isInForce(at: store.now) {
            for key in try packs(of: record, place) where !keys.contains(key) {
                throw Violation(
                    description: "\(place.volume) \(record.sequence) is pinned and has lost \(key)"
                )
            }
        }
        for (place, records) in told {
            let log = CommitLog(place, in: store)
            let places = Set(try log.places(in: scope)), givenUp = try log.givenUp(in: scope)
            let named = Set(try log.snapshots(in: scope).map(\.sequence))
            for record in records.values {
                let isKept = places.contains(record.sequence) && !givenUp.contains(record.sequence)
                guard isKept || named.contains(record.sequence) || places.max() == record.sequence else {
                    continue
                }
                for key in try packs(of: record, place) where !keys.contains(key) {
                    throw Violation(description: "\(place.volume) \(record.sequence) has lost \(key)")
                }
            }
        }
    }

    /// A tree is read once: it never changes.
    private func packs(of record: CommitRecord, _ place: LogPlace) throws -> Set<String> {
        guard let root = record.root else { return [] }
        if let known = trees[root.name] { return known }
        do throws(VolumeError) {
            let packs = try TreePacks(of: root, from: store, in: scope).bytes.keys
            let keys = try packs.map { pack throws(VolumeError) in try LogPlace.pack(pack).text }
            trees[root.name] = Set(keys)
            return Set(keys)
        } catch {
            throw Violation(description: "\(place.volume) \(record.sequence) is lost: \(error)")
        }
    }
}
