// SPDX-License-Identifier: Apache-2.0
public import Linux

/// An operation on a store that failed: what was being done, to which key, and why.
public struct ObjectError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why it failed.
    public enum Cause: Equatable, Sendable {
        /// There is no such object.
        case absent
        /// None of its bytes is wanted; how many it has, if the store says so.
        case outside(size: Int64?)
        /// There are more bytes than were wanted at most.
        case tooLarge(limit: Int)
        /// It will not be done, however often it is asked for; with the remedy.
        case refused(String)
        /// It cannot be done at present, and may be later.
        case unavailable(String)
        /// A system call failed; what it needs may come back.
        case system(LinuxError)
        /// Somebody called it off.
        case cancelled
    }

    /// What was being done: `get`, `create`, `list`, ...
    public let operation: String
    /// The key, or the place of the whole store.
    public let subject: String
    /// Why it failed.
    public let cause: Cause
    /// How long the store wants to be left alone.
    public let pause: Duration?

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: Cause, pause: Duration? = nil) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
        self.pause = pause
    }

    /// For example `get nodes/node-7.yaml: there is no such object`.
    public var description: String { "\(operation) \(printable(subject)): \(reason)" }

    /// The cause alone.
    public var reason: String {
        switch cause {
        case .absent: "there is no such object"
        case .outside(let size): "\(size.map { "has \($0) bytes, and " } ?? "")none of them is wanted"
        case .tooLarge(let limit): "is larger than \(limit) bytes"
        case .refused(let text), .unavailable(let text): text
        case .system(let error): error.description
        case .cancelled: "called off"
        }
    }

    /// A text that was no key may hold anything; a message is one short line.
    private func printable(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(200).map {
            $0.properties.generalCategory == .control ? "?" : String($0)
        }
        return line.joined() + (text.unicodeScalars.count > 200 ? "..." : "")
    }
}
