// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A netlink request that the kernel refused, or a reply that makes no sense.
public struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was asked, for example `create bridge`.
    public let operation: String
    /// The interface, address or route it was asked of.
    public let subject: String
    /// The `errno` value.
    public let errno: Int32
    /// The kernel's own words from the extended acknowledgement, if it gave any.
    public let detail: String?

    /// Describes a failed request.
    public init(_ operation: String, _ subject: String, errno: Int32, detail: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
        self.detail = detail
    }

    init(_ operation: String, _ subject: String, _ cause: LinuxError) {
        self.init(operation, subject, errno: cause.errno, detail: cause.call)
    }

    /// For example `create bridge mt-0: file exists (EEXIST)`.
    public var description: String {
        LinuxError(operation, subject, errno: errno).description + (detail.map { ": \($0)" } ?? "")
    }
}
