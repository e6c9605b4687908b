// SPDX-License-Identifier: Apache-2.0

/// A line of a container, as `logs --json` prints it.
public struct LogRecord: Codable, Sendable, Equatable {
    /// When it was read from the container, nanoseconds since 1970.
    public var time: UInt64
    /// Its number within the instance's log, rising by one.
    public var seq: UInt64
    /// `stdout` or `stderr`.
    public var stream: String
    /// The app.
    public var app: String
    /// The service.
    public var service: String
    /// Which one of the service's instances.
    public var instance: Int
    /// The line without its end; bytes that are not UTF-8 are replaced.
    public var line: String

    /// A line.
    public init(
        time: UInt64,
        seq: UInt64,
        stream: String,
        app: String,
        service: String,
        instance: Int,
        line: String
    ) {
        self.time = time
        self.seq = seq
        self.stream = stream
        self.app = app
        self.service = service
        self.instance = instance
        self.line = line
    }

    /// Reads what an agent of any version says; throws as well what it says in a record's place, that it failed.
    package init(json: [UInt8]) throws(ControlError) { self = try json.decoded(LogRecord.self) }
}
