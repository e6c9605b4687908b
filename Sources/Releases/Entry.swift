// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The way from the installed program to the agent that a node goes on as.
public struct Entry: Sendable {
    private static let agent = "martlet-agent"

    private let installed: InstalledPrograms
    private let mark: String
    private let releases: ReleaseFolder
    private let tell: @Sendable (String) -> Void

    /// The way of these programs into the agent of a state folder; `tell` is called with what the journal should have.
    public init(
        _ installed: InstalledPrograms,
        state: String,
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.installed = installed
        mark = installed.mark
        releases = ReleaseFolder(state: state)
        self.tell = tell
    }

    /// Goes on as `martlet-agent` of what is in force; only one that `isAgent` begins and judges trials.
    ///
    /// Throws if even what is installed cannot be executed.
    public func goOn(_ arguments: [String], isAgent: Bool) throws(LinuxError) -> Never {
        alarm(0)  // of one that gave itself up
        if var record = releases.read() {
            if isAgent { decide(&record, arguments) }
            for release in record.inForce(installed: mark) {
                tell("release \(release) cannot go on: \(execute(release, arguments))")
            }
        }
        lineage().give()
        throw execute("\(installed.folder)/\(Self.agent)", arguments)
    }

    /// Goes on as a release on trial if there is one that is to begin; what failed is left.
    private func decide(_ record: inout ReleaseRecord, _ arguments: [String]) {
        // While another agent works here there is nothing to be decided. The claim ends with execve(2), or with this.
        guard let claim = releases.claim() else { return }
        defer { withExtendedLifetime(claim) {} }
        let before = record
        let start = record.start(installed: mark, now: .now(), time: Int64(time(nil)))
        if let news = start.news { tell("release \(news)") }
        guard record != before else { return }
        do throws(LinuxError) { try releases.write(record) } catch {
            // What cannot be put on record is not begun: it would be begun for ever.
            return tell("release: \(error): nothing is tried")
        }
        guard let release = start.release, let patience = start.patience else { return }
        // A timer outlives execve(2), and so does that whoever executed us has blocked or ignored its signal.
        signal(SIGALRM, SIG_DFL)
        var alarms = sigset_t()
        sigemptyset(&alarms)
        sigaddset(&alarms, SIGALRM)
        sigprocmask(SIG_UNBLOCK, &alarms, nil)
        alarm(UInt32(clamping: patience))
        let error = execute(release, arguments, isTrial: true)
        alarm(0)
        if let news = record.fail("\(error)", time: Int64(time(nil))).news { tell("release \(news)") }
        do throws(LinuxError) { try releases.write(record) } catch { tell("release: \(error)") }
    }

    private func lineage(_ release: Release? = nil, isTrial: Bool = false) -> Lineage {
        let program = "\(installed.folder)/martlet"
        return Lineage(program: program, mark: mark, release: release?.digest, isTrial: isTrial)
    }

    private func execute(_ release: Release, _ arguments: [String], isTrial: Bool = false) -> LinuxError {
        guard let folder = releases.folder(of: release), releases.holds(release) else {
            return LinuxError("open", "\(releases.path)/\(release.digest)", errno: ENOENT)
        }
        lineage(release, isTrial: isTrial).give()
        return execute("\(folder)/\(Self.agent)", arguments)
    }

    private func execute(_ path: String, _ arguments: [String]) -> LinuxError {
        _ = withCStrings([path] + arguments) { execv(path, $0) }
        return LinuxError("exec", path, errno: errno)
    }
}
