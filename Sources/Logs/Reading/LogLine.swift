// SPDX-License-Identifier: Apache-2.0

/// One line of output, without its newline.
public struct LogLine: Equatable, Sendable {
    /// Realtime nanoseconds at which its beginning was read.
    public let time: UInt64
    /// The sequence number of its beginning, unique in its instance.
    public let sequence: UInt64
    /// Where it came from.
    public let stream: LogStream
    /// It is not the whole line: it was cut at 1 MiB and goes on in the stream's next line, or its beginning was
    /// dropped, or its end has not been written yet.
    public let partial: Bool
    /// The bytes as the container wrote them.
    public let bytes: [UInt8]

    /// One line of output.
    public init(time: UInt64, sequence: UInt64, stream: LogStream, partial: Bool, bytes: [UInt8]) {
        self.time = time
        self.sequence = sequence
        self.stream = stream
        self.partial = partial
        self.bytes = bytes
    }
}
