// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Linux
internal import Logs
internal import Networks
internal import Probes

// The end of an agent: what runs goes on.

extension Node {
    /// Ends what the agent does; what runs goes on.
    ///
    /// Where nothing runs and no app is known, what the kernel holds for us is given back.
    /// - Returns: Whether that was so.
    func leave() async throws -> Bool {
        callOffAll()
        await suspendTrial()
        // Whoever waits for a store does not any more.
        for task in resuming.values { task.cancel() }
        for volume in kept.values {
            volume.watcher?.cancel()
            volume.held?.callOff()
        }
        intaking?.cancel()
        await intaking?.value
        await endReturns()
        for app in deployments.keys {
            deployments[app]?.nextTry?.cancel()
            await cancelRollout(app)
        }
        let isEmpty = instances.isEmpty && deployments.isEmpty
        await closeState(releasing: instances.isEmpty)
        if isEmpty {
            let networks = networks
            try await Thread.run { try networks.removeAll() }
        }
        await withdraw()
        return isEmpty
    }

    /// Lets go of everything and changes nothing: what runs goes on.
    func withdraw() async {
        watcher?.cancel()
        caretaker?.cancel()
        imageCaretaker?.cancel()
        sweeps.caretaker?.cancel()
        follower?.cancel()
        jobs.end()
        driftWatcher?.cancel()
        for instance in instances.values {
            for task in instance.tasks + instance.checks { task.cancel() }
            instance.notify?.stop()
        }
        await closeVolumes()
        capture.stop()
        await stopShipping()
        names.stop()
        prober.stop()
        sentry.stop()
        keeper.close()
        if instances.isEmpty {
            let tree = tree
            try? await Thread.run { try tree.remove() }  // fails where others' containers are, as it should
        }
        events.finish()
    }
}
