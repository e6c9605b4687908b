// SPDX-License-Identifier: Apache-2.0
public import Linux
public import Transfer

/// An operation on images that failed: what was being done, to what, and why.
public struct ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Why it failed.
    public enum Cause: Equatable, Sendable {
        /// A system call failed.
        case system(LinuxError)
        /// What was read breaks its format.
        case malformed(String)
        /// What was read is not what was promised.
        case mismatch(expected: String, found: String)
        /// What was read goes over a cap.
        case limit(String)
        /// It is not there.
        case absent
        /// It is right, but not something this node can do.
        case unsupported(String)
        /// A rule of the node does not let it run.
        case refused(TrustRefusal)
        /// A transfer failed.
        case transfer(TransferError)
        /// A registry said no, with a status code of HTTP.
        case registry(status: Int, String)
        /// Somebody called it off.
        case cancelled
    }

    /// What was being done: `parse`, `import`, `unpack`, ...
    public let operation: String
    /// What it was done to: a reference, a digest, an entry of a layer.
    public let subject: String
    /// Why it failed.
    public let cause: Cause

    /// Describes a failure.
    public init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// For example `unpack ../x: the name leads out of the layer`.
    public var description: String {
        // A transfer tells its own subject.
        if case .transfer = cause { return "\(operation): \(reason)" }
        return "\(operation) \(printable(subject)): \(reason)"
    }

    /// The cause alone.
    var reason: String {
        switch cause {
        case .system(let error): error.description
        case .malformed(let text), .limit(let text), .unsupported(let text): text
        case .mismatch(let expected, let found): "expected \(expected), found \(found)"
        case .absent: "not found"
        case .refused(let refusal): refusal.description
        case .transfer(let error):
            // A process of its own knows of no silence.
            if case .unanswered = error.cause {
                "\(error); `martlet image pull` asks at once"
            } else {
                "\(error)"
            }
        case .registry(let status, let text):
            "the registry answers \(status)" + (text.isEmpty ? "" : ": \(text)")
        case .cancelled: "called off"
        }
    }

    /// Image text may hold anything; a message is one short line.
    private func printable(_ text: String) -> String {
        let line = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }.joined()
        return line.count > 200 ? line.prefix(200) + "..." : line
    }
}

/// Runs system calls; their failure becomes that of an operation on images.
func attempt<Result>(
    _ operation: String,
    _ subject: @autoclosure () -> String,
    _ body: () throws(LinuxError) -> Result
) throws(ImageError) -> Result {
    do {
        return try body()
    } catch {
        throw ImageError(operation, subject(), .system(error))
    }
}
