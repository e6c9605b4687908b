// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import Synchronization
internal import TestKit
internal import Transfer

/// A directory of its own as a store that counts what is asked of it, and dies when it is told to.
final class WatchedStore: ForwardingStore {
    /// When whoever puts an object is killed.
    enum Death {
        case beforePut, behindPut
    }

    struct State {
        var puts: [String] = []
        var lists = 0
        var gets = 0
        var bytesRead = 0
        var death: Death?
        /// What is killed then.
        var victim: TransferScope?
    }

    let path: String
    let state = Mutex(State())
    let inner: any ObjectStore

    init() throws {
        var template = Array("/tmp/martlet-archive-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        path = String(cString: made)
        inner = DirectoryStore(path: path)
    }

    deinit { _ = try? Shell.run("rm -rf \(path)") }

    /// The names of all objects.
    func names() throws -> [String] {
        try inner.list("", after: nil, limit: 1_000, in: TransferScope()).entries.map(\.key.text)
    }

    func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        let object = try inner.get(key, range, limit: limit, unless: known, in: scope)
        state.withLock { state in
            state.gets += 1
            state.bytesRead += object?.bytes.count ?? 0
        }
        return object
    }

    @discardableResult
    func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        try die(.beforePut, key)
        let tag = try inner.put(bytes, at: key, in: scope)
        state.withLock { $0.puts.append(key.text) }
        try die(.behindPut, key)
        return tag
    }

    func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        state.withLock { $0.lists += 1 }
        return try inner.list(prefix, after: key, limit: limit, in: scope)
    }

    private func die(_ death: Death, _ key: ObjectKey) throws(ObjectError) {
        let victim: TransferScope? = state.withLock { state in
            guard state.death == death else { return nil }
            state.death = nil
            return state.victim
        }
        guard let victim else { return }
        victim.cancel()
        throw ObjectError("put", key.text, .cancelled)
    }
}
