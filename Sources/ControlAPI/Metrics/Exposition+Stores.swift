// SPDX-License-Identifier: Apache-2.0
internal import Agent

extension Exposition {
    /// Adds what stores were asked.
    mutating func add(_ counts: [StoreCounts]) {
        func each(_ value: (StoreCounts) -> Double) -> [(
            labels: KeyValuePairs<String, String>, value: Double
        )] {
            counts.map { (["store": $0.store, "operation": $0.operation], value($0)) }
        }
        add("martlet_store_operations_total", .counter, "What a store was asked.", each { Double($0.count) })
        add(
            "martlet_store_failures_total",
            .counter,
            "What a store did not do.",
            each { Double($0.failures) }
        )
        add("martlet_store_seconds_total", .counter, "How long a store took.", each { $0.time / .seconds(1) })
        add(
            "martlet_store_bytes_total",
            .counter,
            "Bytes of objects read and written.",
            each { Double($0.bytes) }
        )
    }
}
