// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Objects
internal import Synchronization
internal import Transfer

/// A store in memory, with a clock that a test moves, and a place to do something else before each request.
final class SimulatedClockStore: ObjectStore {
    private struct State {
        var objects: [ObjectKey: StoredObject] = [:]
        /// Its keys in order.
        var keys: [ObjectKey] = []
        var now: UInt64 = 1_700_000_000_000_000_000

        /// Where a key is in the order, or would be.
        func place(of bytes: [UInt8]) -> Int {
            var low = 0, high = keys.count
            while low < high {
                let middle = (low + high) / 2
                if keys[middle].bytes.lexicographicallyPrecedes(bytes) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low
        }

        mutating func put(_ object: StoredObject, at key: ObjectKey) {
            if objects.updateValue(object, forKey: key) == nil {
                keys.insert(key, at: place(of: key.bytes))
            }
        }
    }

    private let state = Mutex(State())
    /// Called before each request of the thread that made the store; packs are sent by others.
    private let interlude = Mutex<(@Sendable () -> Void)?>(nil)
    private let thread = pthread_self()

    /// Nanoseconds since 1970.
    var now: UInt64 { state.withLock { $0.now } }

    var keys: Set<String> { state.withLock { Set($0.objects.keys.map(\.text)) } }

    func advance(hours: UInt64) { state.withLock { $0.now += hours * 3_600_000_000_000 } }

    func between(_ body: (@Sendable () -> Void)?) { interlude.withLock { $0 = body } }

    private func pass() {
        guard pthread_self() == thread else { return }
        interlude.withLock { $0 }?()
    }

    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        pass()
        guard let object = state.withLock({ $0.objects[key] }) else {
            throw ObjectError("get", key.text, .absent)
        }
        guard let range else { return object }
        let part = Array(object.bytes.dropFirst(Int(range.lowerBound)).prefix(range.count))
        return StoredObject(status: object.status, bytes: part)
    }

    func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        pass()
        guard let object = state.withLock({ $0.objects[key] }) else {
            throw ObjectError("head", key.text, .absent)
        }
        return object.status
    }

    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        pass()
        return state.withLock { state in
            let object = Self.object(bytes, state.now)
            state.put(object, at: key)
            return object.status.tag
        }
    }

    func create(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> Creation
    {
        pass()
        return state.withLock { state in
            guard state.objects[key] == nil else { return .present }
            state.put(Self.object(bytes, state.now), at: key)
            return .made(nil)
        }
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        pass()
        return state.withLock { state in
            let first = state.place(of: prefix.utf8.map(\.self))
            let behind = key.map { state.place(of: $0.bytes + [0]) } ?? 0
            var entries: [ObjectPage.Entry] = []
            for key in state.keys[max(first, behind)...] {
                guard key.bytes.starts(with: prefix.utf8) else { break }
                guard entries.count < limit else {
                    return ObjectPage(entries: entries, next: entries.last?.key)
                }
                guard let object = state.objects[key] else { continue }
                entries.append(ObjectPage.Entry(key: key, status: object.status))
            }
            return ObjectPage(entries: entries, next: nil)
        }
    }

    func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        pass()
        state.withLock { state in
            guard state.objects.removeValue(forKey: key) != nil else { return }
            state.keys.remove(at: state.place(of: key.bytes))
        }
    }

    func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        StorePromises(hasAtomicCreate: true, checksBytes: true)
    }

    private static func object(_ bytes: [UInt8], _ now: UInt64) -> StoredObject {
        let seconds = Int64(now / 1_000_000_000)
        let status = ObjectStatus(size: Int64(bytes.count), modified: seconds, tag: EntityTag("x"))
        return StoredObject(status: status, bytes: bytes)
    }
}
