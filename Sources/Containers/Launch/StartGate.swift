// SPDX-License-Identifier: Apache-2.0
public import Linux

/// Holds a container that is made until it is started: two fifos, open for reading and writing.
public struct StartGate: Sendable {
    let start: Descriptor
    let failure: Descriptor

    /// A byte in `start` starts the program; what fails after that is told in `failure`.
    public init(start: Descriptor, failure: Descriptor) {
        self.start = start
        self.failure = failure
    }
}
