// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Linux
internal import Volumes

/// Containers that stand still while their volume is read, for a bounded time: who takes longer reads files of no one
/// instant.
final class FrozenGroups: VolumeCut {
    private struct State {
        var began: ContinuousClock.Instant?
        var isOver = false
        var isLate = false
    }

    /// Nobody waits longer for a commit.
    static let limit = Duration.seconds(1)

    private let groups: [Cgroup]
    private let limit: Duration
    private let ended: @Sendable () -> Void
    private let state = Monitor(State())

    /// Is going to freeze these groups; `ended` is told when they run again, on any thread.
    init(_ groups: [Cgroup], limit: Duration = limit, ended: @escaping @Sendable () -> Void) {
        self.groups = groups
        self.limit = limit
        self.ended = ended
    }

    /// Whether it took longer than it may, and is over.
    var isLate: Bool { state.hold { $0.isLate } }

    func begin() throws(VolumeError) {
        do throws(LinuxError) {
            try Thread.detach { [self] in
                guard state.wait(for: limit, { $0.isOver ? true : nil }) == nil else { return }
                state.hold { state in
                    guard !state.isOver else { return }
                    state.isLate = true
                    thaw()
                }
            }
        } catch {
            throw VolumeError("freeze", "containers", .system(error))
        }
        state.hold { $0.began = .now }
        for group in groups {
            // One that cannot be stopped, or has just ended, makes it a reading of no one instant, but no failure.
            do { try group.freeze() } catch { state.hold { $0.isLate = true } }
            if isLate { return thaw() }
        }
    }

    func end() -> (isWhole: Bool, pause: Duration) {
        let result = state.change { state in
            state.isOver = true
            thaw()
            return (!state.isLate, state.began.map { .now - $0 } ?? .zero)
        }
        ended()
        return result
    }

    /// A group that is gone has nobody to thaw.
    private func thaw() { for group in groups { try? group.thaw() } }
}
