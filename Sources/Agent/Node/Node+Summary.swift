// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// The node in one line: `generation 7; 3 apps: 2 converged, 1 degraded`.
    var summary: String {
        var counts: [String: Int] = [:]
        for (name, deployment) in deployments {
            counts[condition(of: name, deployment).state, default: 0] += 1
        }
        let states = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        guard !states.isEmpty else { return "no app" }
        let apps = deployments.count == 1 ? "1 app" : "\(deployments.count) apps"
        return "generation \(generation); \(apps): \(states)"
    }
}
