// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A system call that failed: which call, on what, and why.
public struct LinuxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name of the call, as in its manual page.
    public let call: String
    /// What it was asked of: a path, a container, an interface.
    public let subject: String
    /// The `errno` value, see errno(3).
    public let errno: Int32

    /// Describes a failed call.
    public init(_ call: String, _ subject: String, errno: Int32) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }

    /// For example `openat2 /srv/data: no such file or directory (ENOENT)`.
    public var description: String {
        let text = String(cString: strerror(errno))
        let lowered = text.prefix(1).lowercased() + text.dropFirst()
        return "\(call) \(subject): \(lowered)" + (LinuxError.name(of: errno).map { " (\($0))" } ?? "")
    }

    /// The symbolic name of an `errno` value, for example `ENOENT`.
    public static func name(of errno: Int32) -> String? {
        martlet_errno_name(errno).map { String(cString: $0) }
    }
}

/// Passes a system call's result through, or throws its `errno`.
@discardableResult
public func check<Result: BinaryInteger>(
    _ call: String,
    _ subject: @autoclosure () -> String = "",
    _ result: Result
) throws(LinuxError) -> Result {
    guard result >= 0 else {
        let cause = errno
        throw LinuxError(call, subject(), errno: cause)
    }
    return result
}

/// Like `check`, for a call that may be interrupted: asks again on `EINTR`.
@discardableResult
public func retrying<Result: BinaryInteger>(
    _ call: String,
    _ subject: @autoclosure () -> String = "",
    _ body: () -> Result
) throws(LinuxError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let cause = errno
        guard cause == EINTR else { throw LinuxError(call, subject(), errno: cause) }
    }
}
