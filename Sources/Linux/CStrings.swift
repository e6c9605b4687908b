// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A NULL-terminated array of C strings, as execve(2) takes it, alive during `body`.
public func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) rethrows -> Result {
    let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { copies.forEach { free($0) } }
    return try copies.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else {
            preconditionFailure("an array that holds nil is not empty")
        }
        return try body(start)
    }
}
