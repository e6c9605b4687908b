// SPDX-License-Identifier: Apache-2.0

/// What came of an attempt to make an object where there is none.
public enum Creation: Equatable, Sendable {
    /// It was made, and the store calls this very version so, if it says so.
    case made(EntityTag?)
    /// There was one, which is as it was.
    case present
}
