// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// A place that desired states come from.
protocol Source: Sendable {
    /// What `status` calls its kind.
    var kind: String { get }

    /// Reads and verifies all that it has; nil if that is what it gave the last time. Blocks.
    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet?

    /// Waits until something may have changed, at most so long.
    func wait(atMost: Duration) async
}

extension Source {
    /// Nothing tells of a change: it is read when the time is over.
    func wait(atMost pause: Duration) async {
        try? await Task.sleep(for: pause)  // cancelled: whoever waits looks
    }
}
