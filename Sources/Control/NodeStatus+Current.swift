// SPDX-License-Identifier: Apache-2.0

extension NodeStatus {
    /// Whether the node has what it should have: nothing has expired, and every source that must be is in force.
    public var isCurrent: Bool {
        let isLate = { (source: SourceStatus) in
            source.state == "expired" || (!source.isOptional && ["failed", "refused"].contains(source.state))
        }
        return !apps.contains(where: \.isExpired) && !sources.contains(where: isLate)
    }
}
