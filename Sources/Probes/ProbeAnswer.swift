// SPDX-License-Identifier: Apache-2.0

/// What came of asking a container.
public enum ProbeAnswer: Equatable, Sendable {
    /// It is as it should be.
    case success
    /// It is not, and why: one line, of our own words and numbers.
    case failure(String)
}
