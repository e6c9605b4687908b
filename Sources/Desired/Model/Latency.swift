// SPDX-License-Identifier: Apache-2.0

/// How much a service suffers when it has to wait for a processor or a disk (`x-martlet.cpu.latency`, lmctfy's
/// words); decides who goes first when several want the same.
public enum Latency: String, Sendable, Codable, CaseIterable {
    /// It may wait while anybody else wants to run.
    case bestEffort = "best-effort"
    /// As one that says nothing.
    case normal
    /// It goes before others.
    case priority
    /// It hardly ever waits for others.
    case premier

    /// The weight against others: `cpu.weight`, and `io.weight` as far as that is counted; 100 is the usual.
    public var weight: Int {
        switch self {
        case .bestEffort: 10
        case .normal: 100
        case .priority: 400
        case .premier: 1600
        }
    }
}
