// SPDX-License-Identifier: Apache-2.0

/// What a container has told of itself in its present run; in its record, for an agent that comes later.
struct Told: Codable, Equatable, Sendable {
    /// It has said that it serves.
    var isReady = false
    /// It has said that it ends.
    var isStopping = false
    /// How it said it was last; empty if it did not, or took it back.
    var status = ""

    /// Takes a message in.
    mutating func take(_ message: NotifyMessage) {
        if message.isReady { isReady = true }
        if message.isStopping { isStopping = true }
        if let status = message.status { self.status = status }
    }
}
