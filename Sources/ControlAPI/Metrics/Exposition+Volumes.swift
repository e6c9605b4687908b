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
            "martlet_volume_guarantee",
            .gauge,
            "1 for what holds for a volume.",
            stored.map { (["app": $0.app, "volume": $0.name, "guarantee": $0.guarantee], 1) }
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

    /// What sweeps of the stores of volumes came to.
    mutating func add(_ sweeps: [SweepStatus]) {
        for (name, help, value) in [
            ("martlet_volume_sweeps_total", "Sweeps of a store that were ended.", \SweepStatus.sweeps),
            ("martlet_volume_sweep_failures_total", "Sweeps that were not.", \.failures),
            ("martlet_volume_sweep_versions_total", "Versions that were given up.", \.versions),
            ("martlet_volume_sweep_records_total", "Records that were deleted.", \.records),
            ("martlet_volume_sweep_packs_total", "Packs that were deleted.", \.packs),
        ] {
            add(name, .counter, help, sweeps.map { (["store": $0.store], Double($0[keyPath: value])) })
        }
        add(
            "martlet_volume_sweep_bytes_total",
            .counter,
            "Bytes of packs that were deleted.",
            sweeps.map { (["store": $0.store], Double($0.bytes)) }
        )
        add(
            "martlet_volume_sweep_age_seconds",
            .gauge,
            "How long ago the last sweep of a store ended.",
            sweeps.compactMap { sweep in sweep.ageSeconds.map { (["store": sweep.store], $0) } }
        )
    }
}
