// SPDX-License-Identifier: Apache-2.0

/// What kind of thing happened; the words are those of `EventRecord.kind`.
enum EventKind: String, Sendable {
    /// A desired state became an app's generation.
    case accepted
    /// What a source says was taken.
    case loaded
    /// What a source says was not taken, or it cannot be read.
    case refused
    /// An image is asked for at its registry.
    case pulling
    /// It is here.
    case pulled
    /// A desired state waits for an image that is too young.
    case held
    /// Someone said that an image is old enough.
    case waived
    /// A running container of an agent before was taken over.
    case adopted
    /// A step of a plan begins.
    case step
    /// A container runs its program.
    case started
    /// Its health check answered for the first time, or anew.
    case healthy
    /// Its health check failed too often.
    case unhealthy
    /// The kernel ended a process of it for want of memory.
    case oom
    /// More memory is in use than `memory.high`.
    case memory
    /// Its control group has no process any more.
    case empty
    /// It ended.
    case exited
    /// It will be started again after a pause.
    case restarting
    /// A run of a job ended well.
    case succeeded
    /// An occurrence of a job was left out.
    case missed
    /// It was started again too often, and is only now and then from here on.
    case degraded
    /// It has been well for long enough not to be degraded any more.
    case recovered
    /// Something went wrong; the reason says what.
    case failed
    /// A config or secret of it was put in place while it runs.
    case changed
    /// Its lines meet a bound: its spool is full and it waits, or the disk is and old lines went.
    case logs
    /// Its limits were changed by hand.
    case limited
    /// Somebody changed it behind the agent's back.
    case drifted
    /// It is what it was again.
    case corrected
    /// Its processes were frozen by hand.
    case paused
    /// They run on.
    case resumed
    /// What it had written was kept as a snapshot.
    case snapshot
    /// A volume was committed by hand, or for the last time.
    case committed
    /// The files of a volume came from its store, or what a node knew that was lost.
    case restored
    /// Somebody else writes a volume now: what used it is stopped.
    case fenced
    /// What it had not committed is beside it in the store.
    case branched
    /// It serves in the place of another container from here on.
    case switched
    /// A generation failed, and the app went back to the one before.
    case rolledBack = "rolled-back"
    /// The app is as desired.
    case converged
    /// The app was taken down, or an image that nothing needed removed.
    case removed
    /// Other programs of the agent are brought, and tried.
    case updating
    /// They are in force.
    case updated
    /// They were left again.
    case reverted
    /// Records that were lost or damaged were written anew.
    case repaired
}
