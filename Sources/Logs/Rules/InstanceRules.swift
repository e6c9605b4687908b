// SPDX-License-Identifier: Apache-2.0

/// The rules of one instance on the capture thread: both streams share what may come.
final class InstanceRules {
    var rules: LineRules?
    var bucket = RateBucket()
    /// Where what waits outlives us; nil and it does not.
    var hold: HoldMemory?

    init(_ rules: LineRules?, _ hold: HoldMemory?) {
        self.rules = rules
        self.hold = hold
    }
}
