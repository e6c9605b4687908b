// SPDX-License-Identifier: Apache-2.0

/// How the agent asks a container whether it is well.
///
/// What is nil comes from the image, then from the defaults.
public struct Healthcheck: Sendable, Equatable {
    /// What is run inside the container.
    public var test: Test
    /// The time between two checks; 30 s by default.
    public var interval: Duration?
    /// How long one check may take; 30 s by default.
    public var timeout: Duration?
    /// How many failures in a row make it unhealthy; 3 by default.
    public var retries: Int?
    /// How long failures after the start do not count; 0 s by default.
    public var startPeriod: Duration?
    /// The time between two checks in the start period; 5 s by default.
    public var startInterval: Duration?

    /// A health check.
    public init(
        test: Test = .image,
        interval: Duration? = nil,
        timeout: Duration? = nil,
        retries: Int? = nil,
        startPeriod: Duration? = nil,
        startInterval: Duration? = nil
    ) {
        self.test = test
        self.interval = interval
        self.timeout = timeout
        self.retries = retries
        self.startPeriod = startPeriod
        self.startInterval = startInterval
    }
}
