// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// deploy.md.
    static let deploy: Keys = [
        "mode": .oneOf("a mode", "replicated", "global", "replicated-job", "global-job"),
        "replicas": .integer(0...Int64(Int32.max)).telling,
        "endpoint_mode": .oneOf("an endpoint mode", "vip", "dnsrr"),
        "labels": .pairs(),
        "placement": .keys(.placement).telling,
        "resources": .keys(.deployResources).telling,
        "restart_policy": .keys(.restartPolicy),
        "update_config": .keys(.update),
        "rollback_config": .keys(.update),
    ]

    /// deploy.md, "placement".
    static let placement: Keys = [
        "constraints": .list(.string),
        "preferences": .list(.keys(["spread": .string])),
        "max_replicas_per_node": .integer(),
    ]

    /// deploy.md, "resources".
    static let deployResources: Keys = [
        "limits": .keys(.limits),
        "reservations": .keys(.reservations),
    ]
    static let limits: Keys = [
        "cpus": .processors,
        "memory": .quotedSize,
        "pids": .integer(-1...Int64(Int32.max)),
    ]
    static let reservations: Keys = [
        "cpus": .processors,
        "memory": .quotedSize,
        "devices": .list(
            .deviceRequest.then { tree, field, _ in
                if tree["capabilities"] != nil { return tree }
                field.refuse("'capabilities' is missing", "add for example 'capabilities: [gpu]'")
                return nil
            }
        ),
        "generic_resources": .list(.keys(["discrete_resource_spec": .keys(.discreteResource)])),
    ]
    static let discreteResource: Keys = ["kind": .string.telling, "value": .integer().telling]

    /// deploy.md, "restart_policy".
    static let restartPolicy: Keys = [
        "condition": .oneOf("a condition", "none", "on-failure", "any"),
        "delay": .duration.telling,
        "max_attempts": .integer(0...Int64(Int32.max)).telling,
        "window": .duration.telling,
    ]

    /// deploy.md, "update_config" and "rollback_config".
    static let update: Keys = [
        "parallelism": .integer().telling,
        "delay": .duration,
        "failure_action": .oneOf("a failure action", "continue", "rollback", "pause"),
        "monitor": .duration,
        "max_failure_ratio": .ratio,
        "order": .oneOf("an order", "stop-first", "start-first"),
    ]
}
