// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images

/// An app on this node: its desired state, and how far the node has come with it.
struct Deployment {
    enum Phase: Equatable {
        case converging
        case converged
        case failed(String)
        /// Some of it is of this generation, some of the one before.
        case mixed(String)
    }

    /// Why a service is not started for now.
    struct Left {
        let error: any Error
        /// What it waits for does not come; none of its instances is started.
        let isWaiting: Bool
    }

    var app: App
    var generation: Generation
    var images: [String: Image]
    /// `service/index` of what a user stopped by hand.
    var stopped: Set<String> = []
    var phase = Phase.converging
    /// What a later desired state that was refused waits for.
    var holds: [HoldStatus] = []
    /// How far the generation is, as the records have it.
    var stage = AppRecord.Stage.current
    /// What is watched on the way to a generation from which there is a way back; nil otherwise.
    var watched: RolloutGuard?
    /// When the rollout that is under way must have brought the app there.
    var deadline: ContinuousClock.Instant?
    /// What kept services from being started where the rest goes on, by their names.
    var left: [String: Left] = [:]
    /// All that can be started was, and is waited for.
    var isSettling = false
    /// Nothing of it ran when the agent came, and there is nothing else to go to.
    var isForlorn = false
    /// What failed last, by service and `""` for the whole: told once for as long as it stays the same.
    var troubles: [String: String] = [:]
    /// When an app that is to be as it was is brought there again, and what does so.
    var backoff = RestartBackoff()
    var nextTry: Task<Void, Never>?
    /// It goes back to a generation that was there before.
    var isReturning = false
    /// It is being taken down.
    var isGoing = false
    var done = 0
    var total = 0
    /// What brings the app there; nil once it has ended.
    var rollout: Task<Void, Never>?
    /// Tells this rollout from another one of the same app.
    var number = 0
    /// Who wants to know how it goes.
    var watchers: [AsyncStream<ApplyProgress>.Continuation] = []

    /// Takes another generation as its own.
    mutating func become(_ generation: Generation, _ app: App, _ images: [String: Image]) {
        self.generation = generation
        self.app = app
        self.images = images
        watched = nil
    }

    func progress(_ kind: ApplyProgress.Kind, _ reason: String = "") -> ApplyProgress {
        ApplyProgress(
            kind: kind,
            app: app.name,
            generation: generation.number,
            digest: generation.digest,
            done: done,
            total: total,
            reason: reason
        )
    }

    /// One that is not on record: what is left of an app whose desired state is lost.
    init(orphan app: String) {
        let generation = Generation(
            app: app,
            number: 0,
            digest: "",
            model: "",
            images: [:],
            source: "",
            caller: "",
            acceptedAt: 0
        )
        self.init(app: App(name: app), generation: generation, images: [:])
    }

    init(app: App, generation: Generation, images: [String: Image]) {
        self.app = app
        self.generation = generation
        self.images = images
    }

    /// Tells how it goes.
    func tell(_ progress: ApplyProgress) {
        for watcher in watchers { watcher.yield(progress) }
    }

    /// Tells how it ended, and nothing after that.
    mutating func finish(_ progress: ApplyProgress) {
        tell(progress)
        for watcher in watchers { watcher.finish() }
        watchers = []
    }
}
