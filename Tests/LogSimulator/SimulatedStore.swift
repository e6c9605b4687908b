// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// The store of a simulation, which does at once whatever reaches it.
struct SimulatedStore {
    private(set) var records: [UInt64: (bytes: [UInt8], since: Duration)] = [:]
    var signs: [UInt64: [UInt8]] = [:]

    mutating func create(_ record: [UInt8], at place: UInt64, _ now: Duration) -> Bool {
        guard records[place] == nil else { return false }
        records[place] = (record, now)
        return true
    }

    mutating func overwrite(_ record: [UInt8], at place: UInt64, _ now: Duration) {
        records[place] = (record, records[place]?.since ?? now)
    }

    mutating func land(_ record: [UInt8], at place: UInt64, _ now: Duration) {
        overwrite(record, at: place, now)
    }

    func read(_ place: UInt64, asOf view: Duration) -> LogAnswer {
        guard let record = records[place], record.since <= view else { return .absent }
        return .bytes(record.bytes)
    }

    func list(after place: UInt64, asOf view: Duration) -> [UInt64] {
        records.filter { $0.key > place && $0.value.since <= view }.map(\.key).sorted()
    }
}
