// SPDX-License-Identifier: Apache-2.0

/// What a container tells of itself, by the words of sd_notify(3) (`x-martlet.notify`).
public struct Notification: Sendable, Equatable {
    /// Where a container that is asked to finds the socket that it tells it by; it cannot be somewhere else.
    public static let folder = "/run/notify"

    /// How long may pass between two signs of life once it has said that it is ready; nil for any time.
    public var watchdog: Duration?

    /// It says when it is ready, and perhaps how often that it lives.
    public init(watchdog: Duration? = nil) { self.watchdog = watchdog }
}
