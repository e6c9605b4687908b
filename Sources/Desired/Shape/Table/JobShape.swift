// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// What a job has beside the words of a service.
    static let job: Keys = [
        "schedule": .string,
        "time_zone": .string,
        "overlap": .oneOf("what follows an overlap", "allow", "forbid", "replace"),
        "missed": .oneOf("what follows a missed run", "skip", "run-once"),
        "timeout": .duration,
        "retries": .integer(0...100),
        "keep": .integer(1...100),
    ]
}
