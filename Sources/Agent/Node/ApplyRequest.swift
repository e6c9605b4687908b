// SPDX-License-Identifier: Apache-2.0
public import Desired

/// A desired state that somebody brings, and on which terms.
public struct ApplyRequest: Sendable {
    /// The desired state.
    let app: App
    /// Its digest.
    let digest: String
    /// The text that it was decoded from, complete in itself.
    let model: String
    /// Where it came from, for the record.
    let source: String
    /// Who brought it, for the record.
    let caller: String
    /// Refuse if this is not the plan that would be carried out; nil carries out any.
    let plan: String?
    /// Refuse if this is not the number of the app's generation, 0 if there is none; nil takes any.
    let generation: Int?
    /// Images count as old enough from now on, and windows as open.
    let now: Bool

    /// A desired state on the terms that are given; the digest is worked out if nobody did.
    public init(
        _ app: App,
        digest: String? = nil,
        model: String,
        source: String,
        caller: String,
        plan: String? = nil,
        generation: Int? = nil,
        now: Bool = false
    ) {
        self.app = app
        self.digest = digest ?? app.digest
        self.model = model
        self.source = source
        self.caller = caller
        self.plan = plan
        self.generation = generation
        self.now = now
    }
}
