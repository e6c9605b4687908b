// SPDX-License-Identifier: Apache-2.0

extension Rollout {
    var canonical: Canonical? {
        guard self != Rollout() else { return nil }
        return .object([
            "deadline": .duration(deadline), "keep": .number(keep), "monitor": .duration(monitor),
            "on_failure": .string(onFailure.rawValue),
        ])
    }
}

extension UpdateConfig {
    var canonical: Canonical? {
        guard self != UpdateConfig() else { return nil }
        return .object([
            "delay": .duration(delay), "failure_action": .text(failureAction?.rawValue),
            "max_failure_ratio": maximumFailureRatio == 0 ? nil : .string("\(maximumFailureRatio)"),
            "monitor": .duration(monitor), "order": .string(order.rawValue),
            "parallelism": .integer(Int64(parallelism)),
        ])
    }
}
