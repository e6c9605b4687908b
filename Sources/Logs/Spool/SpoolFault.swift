// SPDX-License-Identifier: Apache-2.0

/// A write that goes wrong on purpose, for tests.
package enum SpoolFault: Sendable {
    /// The call fails with an `errno` after this many bytes.
    case fails(errno: Int32, after: Int)
    /// The process dies after this many bytes: nothing is put right.
    case tears(after: Int)
}

/// Stands for the death of the process in tests of the capture protocol.
package struct Killed: Error {}
