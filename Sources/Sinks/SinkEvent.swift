// SPDX-License-Identifier: Apache-2.0

/// What a sink's thread tells.
public struct SinkEvent: Sendable, Equatable {
    /// What happened.
    public enum Kind: Sendable, Equatable {
        /// The receiver takes nothing; lines wait in the spools. Told once until it takes something again.
        case failed(String)
        /// The receiver takes lines again.
        case resumed
        /// The receiver refused so many lines for good.
        case rejected(lines: Int, String)
        /// A spool could not be read, or the place in it could not be kept.
        case cursor(String)
        /// Everything that a spool held and ever will hold was confirmed: its path.
        case sent(String)
    }

    /// The sink's name in `node.yaml`.
    public let sink: String
    /// What happened.
    public let kind: Kind

    /// Describes what happened.
    public init(sink: String, kind: Kind) {
        self.sink = sink
        self.kind = kind
    }
}
