internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeResourcesTests {
    @Test(arguments: [
        (
            "deploy: {}",
            #"{"deploy":{"placement":{},"resources":{}}}"#
        ),
        (
            "deploy: null",
            "{}"
        ),
        (
            #"deploy: {mode: global, endpoint_mode: vip, replicas: 2, labels: [a=b], resources: {limits: {cpus: 0.5, memory: 1g, pids: 10}, reservations: {cpus: "0.25", memory: 100m, generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}], devices: [{capabilities: [gpu], count: 1, driver: nvidia, options: {a: b}}, {capabilities: [gpu], device_ids: ["0"]}]}}, restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}, placement: {constraints: [a==b], preferences: [{spread: x}], max_replicas_per_node: 1}, update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 1m, max_failure_ratio: 0.25, order: start-first}, rollback_config: {parallelism: 0, max_failure_ratio: 0.3}}"#,
            #"{"deploy":{"endpoint_mode":"vip","labels":{"a":"b"},"mode":"global","placement":{"constraints":["a==b"],"max_replicas_per_node":1,"preferences":[{"spread":"x"}]},"replicas":2,"resources":{"limits":{"cpus":0.5,"memory":"1073741824","pids":10},"reservations":{"cpus":0.25,"devices":[{"capabilities":["gpu"],"count":1,"driver":"nvidia","options":{"a":"b"}},{"capabilities":["gpu"],"device_ids":["0"]}],"generic_resources":[{"discrete_resource_spec":{"kind":"gpu","value":2}}],"memory":"104857600"}},"restart_policy":{"condition":"on-failure","delay":"5s","max_attempts":3,"window":"2m0s"},"rollback_config":{"max_failure_ratio":0.3,"parallelism":0},"update_config":{"delay":"10s","failure_action":"rollback","max_failure_ratio":0.25,"monitor":"1m0s","order":"start-first","parallelism":2}}}"#
        ),
        (
            "deploy: {replicas: 0}",
            #"{"deploy":{"placement":{},"replicas":0,"resources":{}}}"#
        ),
        (
            "deploy: {resources: {}}",
            #"{"deploy":{"placement":{},"resources":{}}}"#
        ),
        (
            "deploy: {placement: {}}",
            #"{"deploy":{"placement":{},"resources":{}}}"#
        ),
        (
            "deploy: {resources: {limits: {}}}",
            #"{"deploy":{"placement":{},"resources":{"limits":{}}}}"#
        ),
        (
            #"deploy: {resources: {limits: {cpus: "0"}}}"#,
            #"{"deploy":{"placement":{},"resources":{"limits":{}}}}"#
        ),
        (
            #"deploy: {resources: {limits: {cpus: 0.001, memory: "1000"}}}"#,
            #"{"deploy":{"placement":{},"resources":{"limits":{"cpus":0.001,"memory":"1000"}}}}"#
        ),
        (
            #"deploy: {resources: {limits: {cpus: "1.50", memory: 1.5gb, pids: "5"}}}"#,
            #"{"deploy":{"placement":{},"resources":{"limits":{"cpus":1.5,"memory":"1610612736","pids":5}}}}"#
        ),
        (
            "deploy: {restart_policy: {}}",
            #"{"deploy":{"placement":{},"resources":{},"restart_policy":{}}}"#
        ),
        (
            "deploy: {update_config: {}}",
            #"{"deploy":{"placement":{},"resources":{},"update_config":{}}}"#
        ),
        (
            #"deploy: {update_config: {max_failure_ratio: "0.5", delay: 0s}}"#,
            #"{"deploy":{"placement":{},"resources":{},"update_config":{"max_failure_ratio":0.5}}}"#
        ),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}",
            #"{"deploy":{"placement":{},"resources":{"reservations":{"devices":[{"capabilities":["gpu"],"count":-1}]}}}}"#
        ),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
            #"{"deploy":{"placement":{},"resources":{"reservations":{"devices":[{"capabilities":["gpu"],"count":-1}]}}}}"#
        ),
        (
            "gpus: all",
            #"{"gpus":[{"count":-1}]}"#
        ),
        (
            "gpus: [{count: 1}]",
            #"{"gpus":[{"count":1}]}"#
        ),
        (
            #"gpus: [{driver: nvidia, device_ids: ["0"], options: [a=b], capabilities: [utility]}]"#,
            #"{"gpus":[{"capabilities":["utility"],"device_ids":["0"],"driver":"nvidia","options":{"a":"b"}}]}"#
        ),
        (
            "gpus: []",
            "{}"
        ),
        (
            "cpus: 0.5",
            #"{"cpus":0.5}"#
        ),
        (
            #"cpus: "0.5""#,
            #"{"cpus":0.5}"#
        ),
        (
            "cpus: 1.50",
            #"{"cpus":1.5}"#
        ),
        (
            "cpus: 1",
            #"{"cpus":1}"#
        ),
        (
            "cpus: 0.1",
            #"{"cpus":0.1}"#
        ),
        (
            "cpus: 0.33333333",
            #"{"cpus":0.33333334}"#
        ),
        (
            "cpus: 0",
            "{}"
        ),
        (
            #"cpu_period: "20000""#,
            #"{"cpu_period":20000}"#
        ),
        (
            #"cpu_rt_runtime: "95000""#,
            #"{"cpu_rt_runtime":95000}"#
        ),
        (
            #"cpu_count: "2""#,
            #"{"cpu_count":2}"#
        ),
        (
            #"cpu_shares: "10""#,
            #"{"cpu_shares":10}"#
        ),
        (
            "mem_limit: 512m\nmem_reservation: 100mb\nmemswap_limit: -1\nmem_swappiness: 60",
            #"{"mem_limit":"536870912","mem_reservation":"104857600","mem_swappiness":"60","memswap_limit":"-1"}"#
        ),
        (
            "mem_limit: 1000",
            #"{"mem_limit":"1000"}"#
        ),
        (
            "mem_limit: 1.5g",
            #"{"mem_limit":"1610612736"}"#
        ),
        (
            "mem_limit: 1GiB",
            #"{"mem_limit":"1073741824"}"#
        ),
        (
            "mem_limit: 1k",
            #"{"mem_limit":"1024"}"#
        ),
        (
            "mem_limit: 1b",
            #"{"mem_limit":"1"}"#
        ),
        (
            #"mem_limit: "0""#,
            "{}"
        ),
        (
            "mem_limit: 0",
            "{}"
        ),
        (
            "mem_limit: 1t",
            #"{"mem_limit":"1099511627776"}"#
        ),
        (
            "mem_limit: 1p",
            #"{"mem_limit":"1125899906842624"}"#
        ),
        (
            "mem_limit: 10485760000000",
            #"{"mem_limit":"10485760000000"}"#
        ),
        (
            "memswap_limit: 0",
            "{}"
        ),
        (
            "mem_swappiness: 0",
            "{}"
        ),
        (
            "pids_limit: -1",
            #"{"pids_limit":-1}"#
        ),
        (
            #"pids_limit: "10""#,
            #"{"pids_limit":10}"#
        ),
        (
            "oom_score_adj: -500",
            #"{"oom_score_adj":-500}"#
        ),
        (
            "oom_kill_disable: true",
            #"{"oom_kill_disable":true}"#
        ),
        (
            "oom_kill_disable: false",
            "{}"
        ),
        (
            "blkio_config: {}",
            #"{"blkio_config":{}}"#
        ),
        (
            "blkio_config: {weight: 10}",
            #"{"blkio_config":{"weight":10}}"#
        ),
        (
            "scale: 0",
            #"{"scale":0}"#
        ),
        (
            "deploy: {resources: {reservations: {memory: 1g}}}\nmem_limit: 2g",
            #"{"deploy":{"placement":{},"resources":{"reservations":{"memory":"1073741824"}}},"mem_limit":"2147483648"}"#
        ),
        (
            "cpus: '0.50'",
            #"{"cpus":0.5}"#
        ),
        (
            "deploy: {resources: {limits: {cpus: '0.50', memory: 50M}}}",
            #"{"deploy":{"placement":{},"resources":{"limits":{"cpus":0.5,"memory":"52428800"}}}}"#
        ),
        (
            "mem_limit: 512M",
            #"{"mem_limit":"536870912"}"#
        ),
        (
            "mem_limit: 0.5g",
            #"{"mem_limit":"536870912"}"#
        ),
        (
            "mem_limit: 512MB",
            #"{"mem_limit":"536870912"}"#
        ),
        (
            "pids_limit: 100",
            #"{"pids_limit":100}"#
        ),
    ])
    func `resources and deploy have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
