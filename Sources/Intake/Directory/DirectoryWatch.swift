// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Tells when something in directories may have changed: inotify(7).
final class DirectoryWatch: Sendable {
    /// How long it must have been quiet: one change is often several.
    private static let quiet: Int32 = 200
    /// How often quiet is waited for.
    private static let patience = 25

    private let path: String
    private let inotify: Descriptor

    init(path: String) throws(LinuxError) {
        self.path = path
        let flags = Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)
        inotify = Descriptor(owning: try check("inotify_init1", path, inotify_init1(flags)))
    }

    /// Watches these directories beside the one that it is about, or beside what is above that if it is not there.
    ///
    /// One that cannot be watched is found at the next reading.
    func cover(_ directories: Set<String>) {
        let parent = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let isThere = access(path, F_OK) == 0
        let wanted = directories.union([isThere ? path : parent.isEmpty ? "/" : parent])
        let events =
            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR
        // Again for those that are watched: the directory of a name may be another one by now.
        for directory in wanted { _ = inotify_add_watch(inotify.number, directory, UInt32(events)) }
    }

    /// Waits until something changed and it is quiet again, at most so long; returns when the task is cancelled.
    func wait(atMost pause: Duration) async {
        guard let pipe = try? Descriptor.pipe() else { return await sleep(pause) }
        await withTaskCancellationHandler {
            do {
                try await Thread.run { [self] in
                    cover([])
                    Self.wait(inotify, until: pipe.read, pause)
                }
            } catch {
                await sleep(pause)  // no thread: what changed is found later
            }
        } onCancel: {
            try? pipe.write.write([0])  // the pipe is empty and open
        }
    }

    private func sleep(_ pause: Duration) async { try? await Task.sleep(for: pause) }

    private static func wait(_ inotify: Descriptor, until end: Descriptor, _ pause: Duration) {
        let deadline = ContinuousClock.now + pause
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return }
            let milliseconds = Int32(clamping: left.components.seconds * 1_000 + 1_000)
            switch look(inotify, end, min(milliseconds, 60_000)) {
            case .ended: return
            case .nothing: continue
            case .something:
                for _ in 0..<patience {
                    drain(inotify)
                    if look(inotify, end, quiet) != .something { return }
                }
                return
            }
        }
    }

    private enum Seen { case nothing, something, ended }

    private static func look(_ inotify: Descriptor, _ end: Descriptor, _ milliseconds: Int32) -> Seen {
        var places = [
            pollfd(fd: inotify.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: end.number, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&places, 2, milliseconds) > 0 else { return .nothing }
        return places[1].revents != 0 ? .ended : .something
    }

    private static func drain(_ inotify: Descriptor) {
        while let bytes = try? inotify.read(65_536), !bytes.isEmpty {}  // EAGAIN: there are no more
    }
}
