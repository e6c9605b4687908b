// SPDX-License-Identifier: Apache-2.0

extension Healthcheck {
    /// What is run inside the container.
    public enum Test: Sendable, Equatable {
        /// What the image says.
        case image
        /// Nothing, whatever the image says.
        case none
        /// A program with its arguments.
        case command([String])
        /// A line for the container's shell.
        case shell(String)
    }
}
