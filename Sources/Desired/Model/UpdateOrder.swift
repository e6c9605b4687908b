// SPDX-License-Identifier: Apache-2.0

/// Which of two containers of one place comes first (deploy.md, `order`).
public enum UpdateOrder: String, Sendable, Equatable {
    /// The old one stops, then the new one starts.
    case stopFirst = "stop-first"
    /// The new one starts beside the old one, which stops once the new one is ready.
    case startFirst = "start-first"
}
