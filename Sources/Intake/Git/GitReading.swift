// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Transfer

/// What a run of git prints, until it has ended.
struct GitReading {
    private let pid: Int32
    private let output: Descriptor
    private let complaint: Descriptor
    private let limit: Int
    private let end: ContinuousClock.Instant

    init(pid: Int32, output: Descriptor, complaint: Descriptor, limit: Int, end: ContinuousClock.Instant) {
        self.end = end
        self.pid = pid
        self.output = output
        self.complaint = complaint
        self.limit = limit
    }

    /// What it printed; throws what it complained, or which bound it went over.
    func finish(in scope: TransferScope) throws(IntakeError) -> [UInt8] {
        var printed: [UInt8] = []
        var complained: [UInt8] = []
        var failure: String?
        let deadline = min(ContinuousClock.now + GitLimits.deadline, end)
        var isOpen = (output: true, complaint: true)
        while isOpen.output || isOpen.complaint {
            if scope.isCancelled { failure = "called off" }
            if ContinuousClock.now >= deadline {
                failure =
                    "took too long: its bounds are \(GitLimits.deadline) a run, \(GitLimits.reading) in all"
            }
            guard failure == nil else { break }
            var places = [
                pollfd(fd: isOpen.output ? output.number : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen.complaint ? complaint.number : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&places, 2, 200) > 0 else { continue }
            if places[0].revents != 0 {
                let bytes = (try? output.read(65_536)) ?? []
                isOpen.output = !bytes.isEmpty
                printed += bytes
                if printed.count > limit { failure = "more than \(limit) bytes: make it smaller" }
            }
            if places[1].revents != 0 {
                let bytes = (try? complaint.read(65_536)) ?? []
                isOpen.complaint = !bytes.isEmpty
                complained += bytes.prefix(max(0, GitLimits.complaint - complained.count))
            }
        }
        // Its helpers, too; one that has ended well has none any more.
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        if let failure { throw IntakeError(.unreachable, "git", failure) }
        guard status == 0 else { throw IntakeError(.unreachable, "git", Self.cause(complained, status)) }
        return printed
    }

    /// The line that says most, or how it ended.
    private static func cause(_ complained: [UInt8], _ status: Int32) -> String {
        let lines = String(decoding: complained, as: UTF8.self).split(separator: "\n").map(String.init)
        let usual = lines.filter { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") }
        let line = usual.first ?? lines.last ?? ""
        if !line.isEmpty {
            return String(line.unicodeScalars.filter { $0.value >= 0x20 }.map(Character.init).prefix(300))
        }
        return status & 0x7f == 0 ? "ended with \(status >> 8)" : "was killed by signal \(status & 0x7f)"
    }
}
