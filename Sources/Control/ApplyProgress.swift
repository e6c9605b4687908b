// SPDX-License-Identifier: Apache-2.0

/// One line of the answer to an apply: with `wait` what is pulled first, then `accepted`, a line a step, and the
/// outcome last.
public struct ApplyProgress: Codable, Sendable, Equatable {
    /// What a line tells.
    public enum Kind: String, Codable, Sendable {
        /// An image is on its way; nothing has changed yet.
        case pulling
        /// The desired state is the app's generation from here on.
        case accepted
        /// A step begins.
        case step
        /// The app is as desired.
        case converged
        /// A step failed or the app does not become healthy; the reason says why.
        case failed
        /// A step failed or the app did not become healthy, and the generation before runs again; the reason says why.
        case rolledBack = "rolled-back"
        /// The app was taken down.
        case removed
        /// Another desired state took the place of this one meanwhile.
        case superseded
    }

    /// What this line tells.
    public var kind: Kind
    /// The app.
    public var app: String
    /// The number of the generation.
    public var generation: Int
    /// The digest of the generation.
    public var digest: String
    /// How many steps are done.
    public var done: Int
    /// How many steps there are; 0 if nothing changes.
    public var total: Int
    /// The step that begins, or why it failed; empty otherwise.
    public var reason: String
    /// Of `pulling`: how far a layer is; nil when the image is only named.
    public var pull: PullProgress?

    /// A line.
    public init(
        kind: Kind,
        app: String,
        generation: Int,
        digest: String,
        done: Int,
        total: Int,
        reason: String = "",
        pull: PullProgress? = nil
    ) {
        self.kind = kind
        self.app = app
        self.generation = generation
        self.digest = digest
        self.done = done
        self.total = total
        self.reason = reason
        self.pull = pull
    }
}

extension ApplyProgress: PlainLine {
    /// A line without `pull`, as the agent writes it.
    init?(plain bytes: UnsafeRawBufferPointer) {
        guard var scan = JSONScan(bytes), scan.word(#"{"app":""#), let app = scan.string(),
            scan.word(#","digest":""#), let digest = scan.string(),
            scan.word(#","done":"#), let done = scan.number().flatMap({ Int(exactly: $0) }),
            scan.word(#","generation":"#), let generation = scan.number().flatMap({ Int(exactly: $0) }),
            scan.word(#","kind":""#), let kind = scan.string().flatMap(Kind.init),
            scan.word(#","reason":""#), let reason = scan.string(),
            scan.word(#","total":"#), let total = scan.number().flatMap({ Int(exactly: $0) }),
            scan.word("}"), scan.isAtEnd
        else { return nil }
        self.init(
            kind: kind,
            app: app,
            generation: generation,
            digest: digest,
            done: done,
            total: total,
            reason: reason
        )
    }
}
