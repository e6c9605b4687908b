// SPDX-License-Identifier: Apache-2.0

/// What the capture tells the agent about one instance.
public enum CaptureEvent: Sendable, Equatable {
    /// A stream came to its end of file, and everything it ever held is published.
    case ended(instance: String, stream: LogStream)
    /// Nothing can be appended: lines wait in the pipes, and the attempt is repeated.
    case stalled(instance: String, LogError)
    /// Appending works again.
    case resumed(instance: String)
    /// The instance cannot be captured at all; its pipes are as they were.
    case failed(instance: String, LogError)
    /// Bytes could not be read back from the pipe (the container had mapped them from a failing file).
    case damaged(instance: String, stream: LogStream, bytes: Int)
}
