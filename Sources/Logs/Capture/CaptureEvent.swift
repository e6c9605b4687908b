// SPDX-License-Identifier: Apache-2.0

/// What the capture tells the agent about one instance.
public enum CaptureEvent: Sendable, Equatable {
    /// A stream came to its end of file, and everything it ever held is published.
    case ended(instance: String, stream: LogStream)
    /// Nothing can be appended: lines wait in the pipes, and the attempt is repeated.
    case stalled(instance: String, LogError)
    /// The spool is full of what sinks have not taken, and the container waits, as its policy wants.
    case blocked(instance: String)
    /// The disk is full: so many bytes of the instance's oldest lines were given up, so that new ones are kept.
    case reclaimed(instance: String, bytes: Int)
    /// Appending works again.
    case resumed(instance: String)
    /// The instance cannot be captured at all; its pipes are as they were.
    case failed(instance: String, LogError)
    /// Bytes could not be read back from the pipe (the container had mapped them from a failing file).
    case damaged(instance: String, stream: LogStream, bytes: Int)
}
