// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Glibc
internal import Linux
internal import Releases

// A release that is tried: it confirms itself, or gives itself up; where it does neither, the alarm of whoever executed
// it ends it, and the next start goes on as what was in force before.

extension Node {
    /// So often the loop that looks after the node comes round: one of them is whole.
    private static let rounds = 2

    /// Confirms the release that we are, if we are on trial, once all that there was before us goes on with us.
    ///
    /// `confirmed` is called after that.
    func beginTrial(_ confirmed: @escaping @Sendable () async throws -> Void) {
        guard releases.lineage?.isTrial == true, let trial = releases.record?.trial else { return }
        releases.trial = Task {
            do {
                try await prove(trial)
                try Task.checkCancellation()
                try await keepReleases { $0.confirm() }
                Failpoint.trialConfirmed.reach()
                alarm(0)  // from here on nothing ends us
                events.append(.updated, app: nil, "release \(trial.release) is confirmed")
            } catch is CancellationError {
                return
            } catch {
                return await giveUp(trial, "\(error)")
            }
            releases.trial = nil
            do { try await confirmed() } catch {
                events.append(.failed, app: nil, "release \(trial.release): \(error)")
            }
        }
        watchRecords()  // more often, from here on
    }

    /// The agent ends because it was told to: with the next one the trial begins anew.
    func suspendTrial() async {
        releases.wish?.cancel()
        guard let task = releases.trial else { return }
        task.cancel()
        await task.value
        // It may have been confirmed, or given up, meanwhile.
        guard releases.record?.trial != nil, !releases.isDue else { return }
        try? await keepReleases { $0.suspend() }
    }

    /// Returns once everything that a release has to do was seen to work.
    private func prove(_ trial: Trial) async throws {
        Failpoint.trialDue.reach()
        let begin = releases.rounds
        _ = await until(nil) { releases.rounds >= begin + Self.rounds || Task.isCancelled }
        try Task.checkCancellation()
        let client = ControlClient(runtime: folders.runtime)
        let answer = try await client.send(ControlRequest(.get, "status"), as: NodeStatus.self)
        guard answer.pid == getpid() else {
            throw AgentError("try release", "\(trial.release)", "another agent answers, pid \(answer.pid)")
        }
        let held = Set(try await ask { try await $0.list() }.filter { $0.state == .running }.map(\.id))
        for (id, pid) in trial.running.sorted(by: { $0.key < $1.key }) where held.contains(id) {
            guard let instance = instances[id] else {
                throw AgentError(
                    "try release",
                    "\(trial.release)",
                    "container \(id), pid \(pid), is not taken over"
                )
            }
            guard instance.phase == .running, instance.pid > 0 else {
                throw AgentError(
                    "try release",
                    "\(trial.release)",
                    "container \(id) is \(instance.word(isStopped: false))"
                )
            }
        }
    }

    /// Goes back at once.
    private func giveUp(_ trial: Trial, _ reason: String) async {
        do {
            try await keepReleases { $0.fail(reason, time: Timestamp.now() / 1_000_000_000) }
            goOn()
        } catch {
            // What is not on record is judged by the next start.
            events.append(.failed, app: nil, "release \(trial.release): \(reason); \(error)")
            _exit(1)
        }
    }
}
