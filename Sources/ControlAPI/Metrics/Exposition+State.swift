// SPDX-License-Identifier: Apache-2.0
internal import Control

extension Exposition {
    /// How it stands with the node's own state in its store.
    mutating func add(_ state: StateStatus) {
        add("martlet_state", .gauge, "1 for the state that it is in.", [(["state": state.state], 1)])
        add(
            "martlet_state_sequence",
            .gauge,
            "The number of the last version in the store.",
            Double(state.sequence ?? 0)
        )
        add("martlet_state_saves_total", .counter, "Saves since the agent began.", Double(state.saves))
        add("martlet_state_save_failures_total", .counter, "Saves that failed.", Double(state.failures))
        if let seconds = state.riskSeconds {
            add(
                "martlet_state_risk_seconds",
                .gauge,
                "How old the instant is that the store has.",
                seconds
            )
        }
        add("martlet_state_risk_apps", .gauge, "Apps that changed since.", Double(state.riskApps))
        add(
            "martlet_state_risk_lines",
            .gauge,
            "Lines that no sink has taken, and the store has not.",
            Double(state.riskLines)
        )
        add(
            "martlet_state_left_out_bytes",
            .gauge,
            "Bytes of logs that had no room in the last version.",
            Double(state.leftOutBytes)
        )
    }
}
