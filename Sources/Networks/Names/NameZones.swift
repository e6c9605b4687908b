// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// What the name server's thread serves: shared with it, so that it never holds the server itself.
final class NameZones: Sendable {
    /// What one network is told.
    struct Zone: Sendable {
        let sockets: NameSockets
        let forwards: Bool
        var table: NameTable
    }

    private struct State: Sendable {
        var zones: [String: Zone] = [:]
        var stopped = false
    }

    private let state = Mutex(State())
    /// Readable when something has changed.
    let changed: Descriptor
    private let bell: Descriptor

    init() throws(LinuxError) {
        let pipe = try Descriptor.pipe(O_NONBLOCK)
        changed = pipe.read
        bell = pipe.write
    }

    /// All zones; nil to end.
    var current: [String: Zone]? { state.withLock { $0.stopped ? nil : $0.zones } }

    func set(_ key: String, _ zone: Zone?) { change { $0.zones[key] = zone } }

    func replace(_ key: String, _ table: NameTable) { change { $0.zones[key]?.table = table } }

    func stop() { change { $0 = State(stopped: true) } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in body(&state) }
        // A full pipe wakes the thread as well.
        try? bell.write([1])
    }
}
