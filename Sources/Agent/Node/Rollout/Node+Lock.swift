// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Desired
internal import Glibc
internal import Linux

// `x-martlet.lock`: while a program inside holds the file's flock(2), no change stops its container.

extension Node {
    /// So long a program may keep a change waiting.
    static let longestLock = Duration.seconds(30 * 60)

    /// Takes the lock of a container that is to be stopped for a change; it is held until the result is let go of.
    ///
    /// After half an hour the change goes on without it.
    func lock(_ id: String) async throws -> Descriptor? {
        guard let instance = instances[id], instance.phase == .running, instance.pid > 0,
            let path = instance.service?.lock
        else { return nil }
        let (pid, end) = (instance.pid, ContinuousClock.now + Self.longestLock)
        var isTold = false
        while instances[id]?.phase == .running, instances[id]?.pid == pid {
            switch try await Thread.run({ Self.attempt(path, of: pid) }) {
            case .taken(let lock): return lock
            case .absent: return nil
            case .held: break
            }
            guard ContinuousClock.now < end else {
                tell(.failed, id, "\(path) is locked for half an hour: it is stopped all the same")
                return nil
            }
            if !isTold { tell(.held, id, "\(path) is locked: it is stopped once that is free") }
            isTold = true
            let begun = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(500))
            // Who waits for leave is not late.
            deployments[instance.record.app]?.deadline? += ContinuousClock.now - begun
        }
        return nil
    }

    private enum Attempt {
        case taken(Descriptor)
        case held
        case absent
    }

    /// The path leads through what the container made: it stays inside, and nothing but a file is opened.
    private static func attempt(_ path: String, of pid: Int32) -> Attempt {
        guard let root = try? Descriptor.open("/proc/\(pid)/root", MARTLET_O_PATH | O_DIRECTORY),
            let found = try? Descriptor.open(
                path,
                MARTLET_O_PATH,
                at: root.number,
                resolve: [.inRoot, .noMagicLinks]
            )
        else { return .absent }
        var status = stat()
        guard fstat(found.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let file = try? Descriptor.open("/proc/self/fd/\(found.number)", O_RDONLY | O_NONBLOCK)
        else { return .absent }
        if flock(file.number, LOCK_EX | LOCK_NB) == 0 { return .taken(file) }
        return errno == EWOULDBLOCK ? .held : .absent
    }
}
