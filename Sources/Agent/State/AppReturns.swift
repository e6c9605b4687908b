// SPDX-License-Identifier: Apache-2.0

/// Apps that are on record and not here, as their images are not: each is brought back by a task of its own.
struct AppReturns {
    var tasks: [String: Task<Void, Never>] = [:]
    /// Those that were not tried yet.
    var untried: Set<String> = []
    /// Why one is not there yet.
    var troubles: [String: String] = [:]

    /// One is there, or is something else now.
    mutating func end(_ app: String) {
        tasks[app] = nil
        untried.remove(app)
        troubles[app] = nil
    }
}
