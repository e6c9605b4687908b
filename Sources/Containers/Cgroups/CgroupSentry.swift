// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// Tells what happens to many groups: kills for want of memory, memory in use above a threshold, and writes to their
/// files.
///
/// All of them cost one thread and one inotify(7) instance, of which a user has few, and beside version 1 an eventfd
/// for each kind of event (cgroup-v1/memory.rst). Nothing is looked up unless the kernel tells.
public final class CgroupSentry: Sendable {
    /// Takes what happens, also on threads of the sentry's own; it must not call the sentry.
    public typealias Report = @Sendable (CgroupWatch.Event) -> Void

    private struct Post {
        let folders: CgroupFolders
        let threshold: UInt64?
        let report: Report
        /// Version 1: the eventfd of each kind.
        var sources: [Descriptor] = []
        /// Version 2: the number of its inotify watch.
        var watch: Int32?
        /// The numbers of the watches of its folders.
        var folderWatches: [Int32] = []
        var kills: UInt64
        var highs: UInt64
        var isAbove = false
        var toldAt: ContinuousClock.Instant?
    }

    private struct State {
        var posts: [String: Post] = [:]
        /// Whom an eventfd or an inotify watch is about.
        var tokens: [UInt64: String] = [:]
        var watches: [Int32: String] = [:]
        var folderWatches: [Int32: String] = [:]
        var nextToken: UInt64 = 2
        var isOver = false
    }

    private static let wakeToken: UInt64 = 0
    private static let inotifyToken: UInt64 = 1
    /// Memory that goes up and down around a threshold is not told more often.
    private static let calm = Duration.seconds(10)

    private let epoll: Descriptor
    private let wake: Descriptor
    private let inotify: Descriptor
    private let state = Mutex(State())

    /// A sentry without a post; its thread ends with `stop`.
    public init() throws {
        epoll = Descriptor(owning: try check("epoll_create1", "", martlet_epoll_create()))
        wake = Descriptor(owning: try check("eventfd", "", martlet_eventfd()))
        let flags = Int32(IN_CLOEXEC | IN_NONBLOCK)
        inotify = Descriptor(owning: try check("inotify_init1", "", inotify_init1(flags)))
        for (source, token) in [(wake, Self.wakeToken), (inotify, Self.inotifyToken)] {
            try check("epoll_ctl", "", martlet_epoll_add(epoll.number, source.number, token))
        }
        try Thread.detach { self.run() }
    }

    /// Ends its thread; nothing is told from then on.
    public func stop() {
        state.withLock { state in
            state.isOver = true
            state.posts = [:]
        }
        var one: UInt64 = 1
        _ = Glibc.write(wake.number, &one, 8)
    }

    /// Watches a container's group from now on; `memoryThreshold` is in bytes.
    ///
    /// In version 2 it is told when the group's `memory.high` is exceeded, which is to be the threshold.
    public func watch(
        _ id: String,
        in tree: CgroupTree,
        memoryThreshold: UInt64? = nil,
        report: @escaping Report
    ) throws {
        let folders = try tree.folders(of: id)
        var post = Post(
            folders: folders,
            threshold: memoryThreshold,
            report: report,
            kills: folders.outOfMemoryKills,
            highs: folders.timesAboveHigh
        )
        try state.withLock { state in
            Self.remove(id, from: &state, inotify)
            guard !state.isOver else { return }
            if let folder = folders.legacy("memory") {
                var kinds: [(file: String, argument: UInt64?)] = [("memory.oom_control", nil)]
                if let memoryThreshold { kinds.append(("memory.usage_in_bytes", memoryThreshold)) }
                for kind in kinds {
                    let source = try CgroupWatch.event(kind.file, in: folder, kind.argument.map { "\($0)" })
                    let token = state.nextToken
                    try check("epoll_ctl", folder, martlet_epoll_add(epoll.number, source.number, token))
                    post.sources.append(source)
                    state.tokens[token] = id
                    state.nextToken += 1
                }
            } else if let unified = folders.unified {
                let file = "\(unified)/memory.events"
                let number = inotify_add_watch(inotify.number, file, UInt32(IN_MODIFY))
                if number < 0, errno != ENOENT { throw LinuxError("inotify_add_watch", file, errno: errno) }
                if number >= 0 {
                    post.watch = number
                    state.watches[number] = id
                }
            }
            for folder in folders.all(CgroupTree.controllers) {
                // A write(2) to a file of a folder is told of the folder; without room for a watch nothing is told.
                let number = inotify_add_watch(inotify.number, folder, UInt32(IN_MODIFY))
                guard number >= 0 else { continue }
                post.folderWatches.append(number)
                state.folderWatches[number] = id
            }
            state.posts[id] = post
        }
    }

    /// Tells what has happened to a group up to now, and watches it no more.
    public func forget(_ id: String) {
        state.withLock { state in
            Self.look(at: id, &state)
            Self.remove(id, from: &state, inotify)
        }
    }

    private static func remove(_ id: String, from state: inout State, _ inotify: Descriptor) {
        guard let post = state.posts.removeValue(forKey: id) else { return }
        if let watch = post.watch {
            inotify_rm_watch(inotify.number, watch)  // fails when its file is gone
            state.watches[watch] = nil
        }
        for watch in post.folderWatches {
            inotify_rm_watch(inotify.number, watch)  // fails when its folder is gone
            state.folderWatches[watch] = nil
        }
        state.tokens = state.tokens.filter { $0.value != id }
    }

    // MARK: Looking

    private func run() {
        var tokens = [UInt64](repeating: 0, count: 64)
        // Version 1 tells a want of memory before it is dealt with: how often to look once more, 10 ms apart.
        var again: [String: Int] = [:]
        while true {
            let patience: Int32 = again.isEmpty ? -1 : 10
            let count = martlet_epoll_wait(epoll.number, &tokens, Int32(tokens.count), patience)
            again = again.compactMapValues { $0 > 1 ? $0 - 1 : nil }
            let isOver = state.withLock { state in
                guard !state.isOver else { return true }
                var told = Set(again.keys), written: Set<String> = []
                for token in tokens.prefix(max(0, Int(count))) {
                    if token == Self.inotifyToken {
                        for (watch, name) in changed() {
                            if let id = state.watches[watch] { told.insert(id) }
                            if let id = state.folderWatches[watch], Self.isLimit(name) { written.insert(id) }
                        }
                    } else if let id = state.tokens[token] {
                        for source in state.posts[id]?.sources ?? [] { _ = CgroupWatch.drain(source) }
                        told.insert(id)
                        again[id] = 20
                    }
                }
                for id in told { Self.look(at: id, &state) }
                for id in written { state.posts[id]?.report(.written) }
                return false
            }
            if isOver { return }
        }
    }

    /// The watches of which inotify tells, those of folders with the name of the file.
    private func changed() -> [(watch: Int32, name: String)] {
        var found: [(Int32, String)] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(inotify.number, &buffer, buffer.count)
            if count <= 0 { return found }
            // inotify(7): the number, mask, cookie and length of a name, four bytes each, and the name with its zeros.
            var offset = 0
            while offset + 16 <= count {
                let (watch, length) = buffer.withUnsafeBytes { bytes in
                    (
                        bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self),
                        Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                    )
                }
                let name = buffer[(offset + 16)..<min(offset + 16 + length, count)].prefix { $0 != 0 }
                found.append((watch, String(decoding: name, as: UTF8.self)))
                offset += 16 + length
            }
        }
    }

    /// Whether a file of a group's folder says what its processes may use; what is written at each start does not.
    private static func isLimit(_ file: String) -> Bool {
        let others = ["cgroup.procs", "cgroup.threads", "cgroup.event_control", "tasks", "memory.events"]
        return !file.isEmpty && !others.contains(file)
    }

    private static func look(at id: String, _ state: inout State) {
        guard var post = state.posts[id], post.folders.exists else { return }
        let kills = post.folders.outOfMemoryKills
        if kills > post.kills {
            post.kills = kills
            post.report(.outOfMemory(kills: kills))
        }
        if let threshold = post.threshold, let usage = post.folders.memoryInUse {
            let highs = post.folders.timesAboveHigh
            let isAbove = usage > threshold || highs > post.highs
            let now = ContinuousClock.now
            if isAbove, !post.isAbove, post.toldAt.map({ now - $0 > calm }) ?? true {
                post.toldAt = now
                post.report(.memoryAbove(usage))
            }
            (post.isAbove, post.highs) = (usage > threshold, highs)
        }
        state.posts[id] = post
    }
}

extension CgroupFolders {
    /// How often `memory.high` was exceeded; version 2 alone.
    fileprivate var timesAboveHigh: UInt64 {
        guard legacy("memory") == nil, let unified else { return 0 }
        return Self.fields("\(unified)/memory.events")["high"] ?? 0
    }
}
