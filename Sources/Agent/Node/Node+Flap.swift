// SPDX-License-Identifier: Apache-2.0
internal import Desired

extension Node {
    /// Leaves one that flapped alone again once it has been well for as long as its limit is about.
    func watchFlap(_ id: String) {
        guard let instance = instances[id], instance.flap.isFlapping, let limit = instance.service?.flap
        else {
            return
        }
        let task = Task {
            while let now = instances[id], now.pid == instance.pid, now.phase == .running {
                let well = now.health?.wellFor(until: .now) ?? (.now - now.startedAt)
                guard well < limit.within else {
                    instances[id]?.flap.settle()
                    instances[id]?.lastEnd = ""
                    return tell(.recovered, id, "has been well for \(limit.within)")
                }
                let left = max(limit.within - well, .milliseconds(100))
                guard (try? await Task.sleep(for: left)) != nil else { return }  // it has ended
            }
        }
        instances[id]?.tasks.append(task)
    }
}
