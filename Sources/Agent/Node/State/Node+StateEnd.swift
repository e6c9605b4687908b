// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Volumes

// The node's own state where all that runs ends: what was printed last is saved, too.

extension Node {
    /// What is saved last takes so long at most.
    private static let stateEnd = Duration.seconds(20)

    /// Begins to take the right to save for the last time, while containers end.
    ///
    /// Where the store may have what is not here nothing is saved: it would be lost.
    func takeStateToEnd() async {
        guard let name = settings.stateStore, let store = stores.all[name], keptState == nil else { return }
        let (folder, place) = (folders.state, StateMark(name, node: self.name, isWhole: true).place)
        let mark = try? await Thread.run { StateMark(in: folder) }  // what cannot be read is none
        guard let mark, mark.place == place, mark.isWhole else { return }
        keptState = KeptState(store: name)
        stateKeeper = Task {
            do {
                let owner = try await volumeOwner()
                let log = try StateLog(node: self.name, in: store, stateFolder, for: owner)
                keptState?.log = log
                keptState?.sequence = try await log.acquire().sequence
                keptState?.phase = .held
            } catch {
                noteStateFailure(error)
            }
            changed()
        }
    }

    /// Saves what is there now, and gives the state back: whoever is this node next need not wait.
    func endState(until end: ContinuousClock.Instant) async {
        guard keptState != nil else { return }
        let deadline = max(.now + .seconds(1), min(end, .now + Self.stateEnd))
        let isTried = await until(deadline) { keptState?.phase == .held || keptState?.failure != nil }
        if !isTried {
            events.append(
                .failed,
                app: nil,
                "state of the node: its store does not answer: what changed last is not in it"
            )
        }
        await closeState(releasing: true, within: max(.seconds(1), deadline - .now))
    }
}
