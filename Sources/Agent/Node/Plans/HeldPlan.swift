// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired

/// A plan that waits for leave, and all that it takes to carry it out.
struct HeldPlan: Codable, Equatable, Sendable {
    /// So many of the IDs that it had before are remembered.
    private static let mostFormer = 16

    var reply: PlanReply
    /// The desired state, complete in itself; nil if the app is to go.
    let model: String?
    /// The desired state as it came; nil if an agent before us was brought it, and there is the model alone.
    var desired: App?
    /// `push`, or the name of a source.
    let source: String
    /// Who brought it.
    let caller: String
    /// Nanoseconds since 1970.
    let since: Int64
    /// The IDs that plans for this app had that waited before, the newest last.
    private(set) var former: [String] = []

    /// What the next agent is to know.
    enum CodingKeys: String, CodingKey {
        case reply, model, source, caller, since, former
    }

    init(_ reply: PlanReply, model: String?, source: String, caller: String, since: Int64) {
        self.reply = reply
        self.model = model
        self.source = source
        self.caller = caller
        self.since = since
    }

    var app: String { reply.app }
    var id: String { reply.id }
    var isPushed: Bool { source == NodeSource.push }

    /// Takes the place of another one.
    mutating func follow(_ other: HeldPlan) {
        former = (other.former + [other.id]).filter { $0 != id }.suffix(Self.mostFormer)
    }

    var shown: WaitingPlan {
        WaitingPlan(
            app: app,
            id: id,
            digest: reply.digest,
            source: source,
            caller: caller,
            since: Timestamp.text(since),
            steps: reply.steps.count,
            isRemoval: model == nil
        )
    }
}
