// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Systemd

/// What the service manager hears of the agent, if there is one.
///
/// What it does not take now is said with the next beat.
final class UnitReport: Sendable {
    private struct State {
        var serves = false
        var isReady = false
        var status = ""
    }

    private let manager: ServiceManager?
    private let state = Mutex(State())

    init(_ manager: ServiceManager?) { self.manager = manager }

    /// What was found is taken over, and the API serves.
    ///
    /// That everything runs is not waited for: an image that is pulled for an hour would hold up the boot.
    func serves() {
        state.withLock { state in
            state.serves = true
            tell(nil, &state)
        }
    }

    /// The loop that looks after the node has come round; `status` is one line for people.
    ///
    /// Nobody else says so: a loop that hangs has the agent ended and started again.
    func beat(_ status: String) { state.withLock { tell(status, &$0) } }

    /// The agent goes on as another program in the same process, which has so much more time until it serves.
    ///
    /// That one says then that it hangs after no more than the unit allows.
    func goesOn(within time: Duration) {
        guard let manager else { return }
        let watched = manager.patience.map { [ServiceWord.patience($0 + time), .progress] } ?? []
        _ = manager.tell([.status("goes on as another release")] + watched)
    }

    /// The agent ends.
    func ends() { _ = manager?.tell([.stopping]) }

    private func tell(_ status: String?, _ state: inout State) {
        guard let manager else { return }
        var words: [ServiceWord] = []
        if state.serves, !state.isReady {
            words.append(.ready)
            // A program before us in the same process may have asked for more.
            if let patience = manager.patience { words.append(.patience(patience)) }
        }
        if let status {
            if status != state.status { words.append(.status(status)) }
            if manager.patience != nil { words.append(.progress) }
        }
        guard !words.isEmpty, manager.tell(words) else { return }
        state.isReady = state.serves
        state.status = status ?? state.status
    }
}
