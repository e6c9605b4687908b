// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Images
internal import Linux
internal import Logs
internal import Networks
internal import Plan

/// One replica's container, as the node knows it.
struct Instance {
    enum Phase: Equatable {
        case created
        case running
        case exited(Int32?)
    }

    var record: InstanceRecord
    var phase = Phase.created
    /// The app as its file says; nil after an adoption until the file is applied again.
    var app: App?
    /// What that says of it.
    var service: Service?
    var image: Image?
    var pidfd: Descriptor?
    /// Where lines wait for their ends, if they are treated by rules.
    var hold: HoldMemory?
    /// What its lines must not show: the secrets that it was ever given in its present run.
    var logSecrets: [LineRules.Secret] = []
    var pid: Int32 = -1
    var startedAt = ContinuousClock.now
    /// What is known of how it is, while it runs and something is asked of it.
    var health: Health?
    /// What hears what it tells of itself, if it is to.
    var notify: NotifyListener?
    /// What asks.
    var checks: [Task<Void, Never>] = []
    /// What its liveness probe wants to be run is running.
    var isFollowed = false
    /// Why it is being ended, if that is because it is not well.
    var illness: String?
    /// Its end was asked for.
    var isEnding = false
    var attachments: [(network: Networks.Network, attachment: Attachment)] = []
    var backoff: RestartBackoff {
        get { RestartBackoff(attempts: record.attempts ?? 0) }
        set { record.attempts = newValue.attempts }
    }
    var flap = FlapGuard()
    /// Why it was started again last.
    var lastEnd = ""
    /// A stop was asked for: an end is not answered by a start.
    var isStopping = false
    /// A launch is under way: PREPARE was asked for, and nobody else may start, stop or remove it.
    var isStarting = false
    /// Its removal is under way: nobody else may start or remove it.
    var isRemoving = false
    /// Its start failed after it had begun to run: whoever started it answers for its end.
    var hasFailed = false
    /// Nothing new is asked of it: no port and no name leads to it.
    var isLeaving = false
    /// It was taken over from an agent before us in its present run.
    var isAdopted = false
    /// Its processes are frozen.
    var isPaused = false
    /// They are, for the sake of a snapshot: what they wrote is being copied.
    var isBeingCopied = false
    /// Goes up when we begin to change its group, and when we have: odd meanwhile.
    var touches = 0
    /// How it differs from what was made of it.
    var drift: Drift?
    /// How often they were; what was under way meanwhile tells nothing.
    var pauses = 0
    /// Its processors are kept from all others, from before its start to after its end.
    var holdsProcessors = false
    /// The processors that its group was given; nil if none were named.
    var processors: ProcessorSet?
    /// The hook that runs inside.
    var hook: Descriptor?
    /// The status of an end that was told before the launch was answered.
    var earlyEnd: Int32??
    var tasks: [Task<Void, Never>] = []

    var observed: Observed.Instance {
        var observed = Observed.Instance(
            app: record.app,
            service: record.service,
            index: record.index,
            id: record.id,
            state: state,
            health: healthShown,
            imageDigest: record.imageDigest,
            replaceKey: record.replaceKey,
            contents: record.contents ?? [:],
            dependencies: record.dependencies,
            restarts: backoff.attempts,
            isRestarting: isRestarting,
            limits: record.limits,
            areLimitsByHand: record.areLimitsByHand == true,
            isWaiting: record.isWaiting == true,
            isRun: record.isRun == true,
            drift: drift?.fields ?? []
        )
        observed.logs = record.logs?.text
        return observed
    }

    /// Its processes stand still, whoever wanted that.
    var isFrozen: Bool { isPaused || drift?.isFrozen == true }

    /// It has ended, and a start is due after a pause.
    var isRestarting: Bool {
        if case .exited = phase { !tasks.isEmpty && !isStarting } else { false }
    }

    private var state: Observed.State {
        switch phase {
        case .created: .created
        case .running: .running
        case .exited(let status): .exited(status)
        }
    }

    private var healthShown: Observed.Health {
        switch health?.state {
        case nil: .none
        case .starting: .starting
        case .healthy: .healthy
        case .unhealthy: .unhealthy
        }
    }
}
