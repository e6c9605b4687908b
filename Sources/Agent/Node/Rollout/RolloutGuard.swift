// SPDX-License-Identifier: Apache-2.0
internal import Plan

/// What is watched while an app is on its way to a generation and could go back to another, or goes back.
struct RolloutGuard {
    /// How many instances of each service are replaced.
    var replaced: [String: Int] = [:]
    /// The containers that were started on the way.
    var started: Set<String> = []
    /// What has failed of them, by their ids.
    var failures: [String: RolloutFailure] = [:]
    /// What failed and was passed over, for the file says `continue`.
    var skipped: [RolloutFailure] = []

    /// Watches a walk along these steps.
    init(_ steps: [Step]) {
        for service in steps.compactMap(\.replacedService) { replaced[service, default: 0] += 1 }
    }

    /// The first failure that was not passed over.
    var failure: RolloutFailure? {
        let skipped = skipped.compactMap(\.id)
        return failures.values.filter { failure in !skipped.contains { $0 == failure.id } }.min {
            $0.name < $1.name
        }
    }
}
