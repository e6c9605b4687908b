// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// Which failpoint ends the program, by the environment.
///
/// `MARTLET_FAILPOINT=NAME[:N]` is the N-th time that NAME is reached, the first for no N; after `hang:` whoever comes
/// there goes no further, and all else goes on. `MARTLET_FAILPOINT=@FILE`
/// takes these words from a file each time, and counts from when it is there. `MARTLET_FAILPOINT_LOG=FILE` has the name
/// of each point that is reached appended to a file, a line each.
final class FailpointArming: Sendable {
    private let words: String
    private let log: Descriptor?
    /// What is wrong with the variables; nil if nothing is.
    let fault: String?
    private let counts = Mutex<[Failpoint: Int]>([:])

    /// Nil if the environment arms nothing.
    init?() {
        let words = getenv("MARTLET_FAILPOINT").map { String(cString: $0) }
        let path = getenv("MARTLET_FAILPOINT_LOG").map { String(cString: $0) }
        guard words != nil || path != nil else { return nil }
        self.words = words ?? ""
        var fault: String?
        do throws(LinuxError) {
            log = try path.map { path throws(LinuxError) in
                try Descriptor.open(path, O_CREAT | O_WRONLY | O_APPEND, mode: 0o600)
            }
        } catch {
            log = nil
            fault = "MARTLET_FAILPOINT_LOG: \(error)"
        }
        if let words, !words.hasPrefix("@"), Self.target(words) == nil {
            fault = "MARTLET_FAILPOINT: no failpoint is called \(words.debugDescription)"
        }
        self.fault = fault
    }

    func reach(_ point: Failpoint) {
        // What cannot be written or read is a test's trouble, and the test sees it.
        try? log?.write(Array("\(point.rawValue)\n".utf8))
        guard let (target, time, hangs) = Self.target(current), target == point else { return }
        let count = counts.withLock { counts in
            counts[point, default: 0] += 1
            return counts[point]
        }
        guard count == time else { return }
        while hangs { pause() }
        kill(getpid(), SIGKILL)
    }

    private var current: String {
        guard words.hasPrefix("@") else { return words }
        let bytes = try? Descriptor.open(String(words.dropFirst()), O_RDONLY).readAll(limit: 256)
        return bytes.map { String(decoding: $0, as: UTF8.self).filter { $0 != "\n" } } ?? ""
    }

    private static func target(_ words: String) -> (point: Failpoint, time: Int, hangs: Bool)? {
        let hangs = words.hasPrefix("hang:")
        let parts = words.dropFirst(hangs ? 5 : 0).split(separator: ":", maxSplits: 1)
        guard let name = parts.first, let point = Failpoint(rawValue: String(name)) else { return nil }
        guard parts.count > 1 else { return (point, 1, hangs) }
        return Int(parts[1]).flatMap { $0 > 0 ? (point, $0, hangs) : nil }
    }
}
