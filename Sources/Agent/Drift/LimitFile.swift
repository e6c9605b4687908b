// SPDX-License-Identifier: Apache-2.0

/// What the limits of a control group are called in a file of an app, below the service.
enum LimitFile {
    /// The field of a limit's file, for example `deploy.resources.limits.memory` for `memory.max`.
    static func field(_ file: String) -> String {
        switch file {
        case "memory.max", "memory.limit_in_bytes": "deploy.resources.limits.memory"
        case "memory.high": "x-martlet.memory.high"
        case "memory.low", "memory.soft_limit_in_bytes": "deploy.resources.reservations.memory"
        case "memory.swap.max", "memory.memsw.limit_in_bytes": "x-martlet.memory.swap_max"
        case "cpu.max", "cpu.cfs_period_us", "cpu.cfs_quota_us": "deploy.resources.limits.cpus"
        case "cpu.weight", "cpu.shares": "x-martlet.cpu.weight"
        case "pids.max": "deploy.resources.limits.pids"
        default: file
        }
    }
}
