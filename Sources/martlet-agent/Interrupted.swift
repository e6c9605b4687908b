// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

/// Does blocking work until it is done, or until a signal calls it off.
func untilInterrupted<Result: Sendable>(
    _ body: @escaping @Sendable (TransferScope) throws -> Result
) async throws -> Result {
    let scope = TransferScope()
    let signals = try Interrupts()
    let watch = Task { if await signals.next() != nil { scope.cancel() } }
    defer { watch.cancel() }
    return try await Thread.run { try body(scope) }
}
