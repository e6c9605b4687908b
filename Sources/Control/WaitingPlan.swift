// SPDX-License-Identifier: Apache-2.0

/// A plan that waits for `martlet apply ID`, as nothing is carried out by itself on its node.
public struct WaitingPlan: Codable, Sendable, Equatable {
    /// The app; it need not be there yet.
    public var app: String
    /// The ID of the plan.
    public var id: String
    /// The digest of the desired state; that of the app's generation if the app is to go.
    public var digest: String
    /// Where the desired state came from: `push` or the name of a source.
    public var source: String
    /// Who brought it.
    public var caller: String
    /// Since when it waits, RFC 3339 in UTC.
    public var since: String
    /// How many steps it has.
    public var steps: Int
    /// Whether it takes the app down.
    public var isRemoval: Bool

    enum CodingKeys: String, CodingKey {
        case app, id, digest, source, caller, since, steps
        case isRemoval = "removal"
    }

    /// A plan that waits.
    public init(
        app: String,
        id: String,
        digest: String,
        source: String,
        caller: String,
        since: String,
        steps: Int,
        isRemoval: Bool
    ) {
        self.app = app
        self.id = id
        self.digest = digest
        self.source = source
        self.caller = caller
        self.since = since
        self.steps = steps
        self.isRemoval = isRemoval
    }

    /// For people: `Held: plan 0123456789abcdef waits: 2 steps, from source local by web.yaml`.
    public var description: String {
        let count = steps == 1 ? "1 step" : "\(steps) steps"
        let what = isRemoval ? "the app goes, in \(count)" : count
        let origin = source == "push" ? source : "source \(source)"
        return "Held: plan \(id) waits: \(what), from \(origin) by \(caller)"
    }

    /// What to do about it.
    public var remedy: String {
        "look at it with `martlet plan \(id)`, carry it out with `martlet apply \(id)`"
    }
}
