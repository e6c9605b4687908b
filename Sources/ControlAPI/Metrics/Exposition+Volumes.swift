// SPDX-License-Identifier: Apache-2.0
internal import Control

extension Exposition {
    /// How it stands with the volumes that are kept in stores.
    mutating func add(_ volumes: [VolumeStatus]) {
        let stored = volumes.filter { $0.store != nil }
        func labels(_ volume: VolumeStatus) -> KeyValuePairs<String, String> {
            ["app": volume.app, "volume": volume.name]
        }
        func each(_ value: (VolumeStatus) -> Double?) -> [(KeyValuePairs<String, String>, Double)] {
            stored.compactMap { volume in value(volume).map { (labels(volume), $0) } }
        }
        add(
            "martlet_volume_state",
            .gauge,
            "1 for the state that a volume is in.",
            stored.map { (["app": $0.app, "volume": $0.name, "state": $0.state], 1) }
        )
        add(
            "martlet_volume_sequence",
            .gauge,
            "The number of the last version in the store.",
            each { $0.sequence.map(Double.init) }
        )
        add(
            "martlet_volume_commits_total",
            .counter,
            "Versions that were committed since the agent began.",
            each { Double($0.commits) }
        )
        add(
            "martlet_volume_commit_failures_total",
            .counter,
            "Commits that failed.",
            each { Double($0.failures) }
        )
        add(
            "martlet_volume_risk_seconds",
            .gauge,
            "How old the instant is that the store has.",
            each(\.riskSeconds)
        )
        add(
            "martlet_volume_risk_bytes",
            .gauge,
            "Bytes of files that changed since, as far as that was looked at.",
            each { $0.riskBytes.map(Double.init) }
        )
        add(
            "martlet_volume_pause_seconds",
            .gauge,
            "How long containers stood still for the last commit.",
            each { $0.pauseMilliseconds.map { $0 / 1e3 } }
        )
        add(
            "martlet_volume_longest_pause_seconds",
            .gauge,
            "The longest of those times since the agent began.",
            each { $0.longestPauseMilliseconds.map { $0 / 1e3 } }
        )
    }
}
