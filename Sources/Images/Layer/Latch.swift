// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A value that one thread sets once and others wait for.
final class Latch<Value: Sendable>: Sendable {
    private let value = Monitor<Value?>(nil)

    /// Sets the value; the first one stays.
    func set(_ new: Value) {
        value.change { if $0 == nil { $0 = new } }
    }

    /// Blocks until there is a value.
    func wait() -> Value { value.wait { $0 } }
}
