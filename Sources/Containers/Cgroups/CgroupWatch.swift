// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux
internal import Synchronization

/// Tells what happens to a group: a kill for want of memory, memory in use above a threshold, nobody left in it.
///
/// Version 2 tells it by inotify(7), version 1 by eventfd (cgroup-v1/memory.rst). Memory above a threshold in
/// version 2, and emptiness in version 1 alone, are told by nobody: they are looked up four times a second.
public final class CgroupWatch: Sendable {
    /// What has happened.
    public enum Event: Equatable, Sendable {
        /// The kernel has ended processes for want of memory, so many in all; where its killer is disabled, they
        /// wait for memory now.
        case outOfMemory(kills: UInt64)
        /// More memory is in use than the threshold, so many bytes; told again after it was less.
        case memoryAbove(UInt64)
        /// Somebody wrote to a file of the group that holds a limit or freezes it; only `CgroupSentry` tells.
        case written
        /// No process is in it, nor in a group below, any more.
        case empty
    }

    private struct State {
        var pending: [Event] = []
        var kills: UInt64
        var isAbove = false
        var isPopulated: Bool
        var isOver = false
    }

    /// Is readable when something may have happened: ask `next` then.
    ///
    /// What has to be looked up does not make it readable; who waits for it asks `next` now and then.
    public let descriptor: Descriptor

    private let folders: CgroupFolders
    private let threshold: UInt64?
    private let wake: Descriptor
    /// One for each thing that the kernel tells; all are read when one is readable.
    private let sources: [Descriptor]
    private let outOfMemory: Descriptor?
    private let state: Mutex<State>

    /// Watches a group from now on; `threshold` is in bytes.
    public convenience init(_ cgroup: Cgroup, memoryThreshold threshold: UInt64? = nil) throws {
        try self.init(cgroup.folders, threshold)
    }

    init(_ folders: CgroupFolders, _ threshold: UInt64?) throws {
        self.folders = folders
        self.threshold = threshold
        wake = Descriptor(owning: try check("eventfd", "", martlet_eventfd()))
        descriptor = Descriptor(owning: try check("epoll_create1", "", martlet_epoll_create()))
        var sources: [Descriptor] = []
        var outOfMemory: Descriptor?
        if let unified = folders.unified {
            sources.append(try Self.inotify(["memory.events", "cgroup.events"].map { "\(unified)/\($0)" }))
        }
        if let memory = folders.legacy("memory") {
            let event = try Self.event("memory.oom_control", in: memory)
            outOfMemory = event
            sources.append(event)
            if let threshold {
                sources.append(try Self.event("memory.usage_in_bytes", in: memory, "\(threshold)"))
            }
        }
        self.sources = sources
        self.outOfMemory = outOfMemory
        for (index, source) in (sources + [wake]).enumerated() {
            let added = martlet_epoll_add(descriptor.number, source.number, UInt64(index))
            try check("epoll_ctl", "\(folders.path)", added)
        }
        state = Mutex(State(kills: folders.outOfMemoryKills, isPopulated: try !folders.isEmpty()))
    }

    /// Ends the wait of whoever is in `next`, now or later.
    public func cancel() {
        state.withLock { $0.isOver = true }
        var one: UInt64 = 1
        _ = Glibc.write(wake.number, &one, 8)
    }

    /// Waits on the calling thread for the next event; nil when the patience is at its end, after `cancel`, and when
    /// the group is no more and all is told.
    public func next(within patience: Duration? = nil) throws -> Event? {
        let deadline = patience.map { ContinuousClock.now + $0 }
        while true {
            let wait = try state.withLock { state -> (event: Event?, isOver: Bool) in
                if state.pending.isEmpty && !state.isOver { try look(&state) }
                return state.pending.isEmpty ? (nil, state.isOver) : (state.pending.removeFirst(), false)
            }
            if let event = wait.event { return event }
            let now = ContinuousClock.now
            if wait.isOver || deadline.map({ $0 <= now }) ?? false { return nil }
            // A group that goes away is not told by every kernel.
            let slice = deadline.map { min(Self.pause, $0 - now) } ?? Self.pause
            var tokens = [UInt64](repeating: 0, count: 4)
            let milliseconds = Int32(clamping: Int64(slice / .milliseconds(1)) + 1)
            _ = martlet_epoll_wait(descriptor.number, &tokens, 4, milliseconds)
        }
    }

    private static let pause = Duration.milliseconds(250)

    // MARK: Looking

    private func look(_ state: inout State) throws {
        var isShort = false
        for source in sources where Self.drain(source) && source === outOfMemory { isShort = true }
        guard folders.exists else {
            if state.isPopulated { state.pending.append(.empty) }
            state.isPopulated = false
            state.isOver = true
            return
        }
        // Version 1 tells a want before it is dealt with.
        let kills = isShort ? killsSoon(after: state.kills) : folders.outOfMemoryKills
        if kills > state.kills || isShort && isWaiting { state.pending.append(.outOfMemory(kills: kills)) }
        state.kills = max(kills, state.kills)
        if let threshold, let usage = folders.memoryInUse {
            if usage > threshold && !state.isAbove { state.pending.append(.memoryAbove(usage)) }
            state.isAbove = usage > threshold
        }
        let isEmpty = try folders.isEmpty()
        if isEmpty && state.isPopulated { state.pending.append(.empty) }
        state.isPopulated = !isEmpty
    }

    private var isWaiting: Bool {
        folders.legacy("memory").flatMap { CgroupFolders.fields("\($0)/memory.oom_control")["under_oom"] }
            == 1
    }

    private func killsSoon(after known: UInt64) -> UInt64 {
        for _ in 0..<100 where folders.outOfMemoryKills == known { usleep(1_000) }
        return folders.outOfMemoryKills
    }

    static func drain(_ source: Descriptor) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isReadable = false
        while Glibc.read(source.number, &buffer, buffer.count) > 0 { isReadable = true }
        return isReadable
    }

    // MARK: Sources

    /// Those of these files that are there.
    private static func inotify(_ files: [String]) throws -> Descriptor {
        let flags = Int32(IN_CLOEXEC | IN_NONBLOCK)
        let source = Descriptor(owning: try check("inotify_init1", "", inotify_init1(flags)))
        for file in files
        where inotify_add_watch(source.number, file, UInt32(IN_MODIFY)) < 0 && errno != ENOENT {
            throw LinuxError("inotify_add_watch", file, errno: errno)
        }
        return source
    }

    static func event(_ file: String, in folder: String, _ argument: String? = nil) throws
        -> Descriptor
    {
        let source = Descriptor(owning: try check("eventfd", "", martlet_eventfd()))
        let watched = try Descriptor.open("\(folder)/\(file)", O_RDONLY)
        let words = ["\(source.number)", "\(watched.number)"] + (argument.map { [$0] } ?? [])
        try CgroupFolders.write(words.joined(separator: " "), to: "\(folder)/cgroup.event_control")
        return source
    }
}

extension CgroupFolders {
    /// Whether no process is in the group or below it.
    fileprivate func isEmpty() throws -> Bool {
        if let unified, let populated = Self.fields("\(unified)/cgroup.events")["populated"] {
            if populated != 0 { return false }
            if mounts.legacy.isEmpty { return true }
        }
        return try processes().isEmpty
    }

    var memoryInUse: UInt64? {
        if let folder = legacy("memory") { return Self.number("\(folder)/memory.usage_in_bytes") }
        return unified.flatMap { Self.number("\($0)/memory.current") }
    }
}
