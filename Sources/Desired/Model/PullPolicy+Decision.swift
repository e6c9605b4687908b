// SPDX-License-Identifier: Apache-2.0

extension PullPolicy {
    /// What is to be done for an image.
    public enum Decision: Sendable, Equatable {
        /// The one that is here is good.
        case use
        /// It is asked for at its registry.
        case fetch
        /// It is not here, and may not be fetched.
        case refuse
    }

    /// What to do for an image when its name is resolved; times in nanoseconds since 1970.
    ///
    /// - Parameters:
    ///   - lastPulled: When it was last asked for at its registry; nil if it never was, as after an import.
    ///   - now: The present.
    ///   - present: Whether the node has it.
    /// - Returns: What to do.
    public func decision(lastPulled: Int64?, now: Int64, present: Bool) -> Decision {
        guard present else { return self == .never ? .refuse : .fetch }
        switch self {
        case .never, .missing: return .use
        case .always: return .fetch
        case .every(let period):
            // A time that is still to come was told by a clock that was wrong: it says nothing.
            guard let lastPulled, lastPulled <= now else { return .fetch }
            let (age, isOverflown) = now.subtractingReportingOverflow(lastPulled)
            return isOverflown || .nanoseconds(age) >= period ? .fetch : .use
        }
    }
}
