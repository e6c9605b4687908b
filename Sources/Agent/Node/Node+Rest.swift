// SPDX-License-Identifier: Apache-2.0
internal import Linux

// What an agent holds while nothing happens.

extension Node {
    private static let pause = Duration.seconds(3)

    /// Work is over: if no more comes, the memory that it took is given back in a moment.
    func restSoon() { restDue = .now + Self.pause }

    /// Gives memory back if it is time to, and nothing is being rolled out.
    func restIfDue() async {
        guard let due = restDue, due <= .now, deployments.values.allSatisfy({ $0.rollout == nil }) else {
            return
        }
        restDue = nil
        do { try await Thread.run { try Memory.rest() } } catch {
            // It is held for longer; nothing else comes of it.
            events.append(.failed, app: nil, "memory is not given back: \(error)")
        }
    }
}
