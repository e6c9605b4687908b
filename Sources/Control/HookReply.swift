// SPDX-License-Identifier: Apache-2.0

/// What became of the call of a source's hook.
public struct HookReply: Codable, Sendable, Equatable {
    /// Whether the source is read now; one call is not heard twice.
    public var woken: Bool

    /// A reply.
    public init(woken: Bool) { self.woken = woken }
}
