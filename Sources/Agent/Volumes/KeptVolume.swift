// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Volumes

/// A volume that is kept in a store, as the node knows it.
struct KeptVolume {
    enum State: Equatable {
        /// It is asked for, or its files come from the store.
        case acquiring
        case held
        /// Others may take it.
        case released
        /// Its app is down, and its store lacks what is here: with the reason.
        case left(String)
        /// It could not be had.
        case failed(String)
        /// Somebody else writes it now.
        case fenced(String)
    }

    var storage: VolumeStorage
    var state = State.acquiring
    var held: HeldVolume?
    /// What its store is good for; nil until it was asked.
    var guarantee: VolumeGuarantee?
    /// Whether it is held here in a store whose log is in lines.
    var isInLines: Bool { isHeld && guarantee == .forkPreserving }
    /// What is mounted for it, where its files come while they are read.
    var served: ServedVolume?
    /// The last version, as far as it is known here.
    var head: CommitRecord?
    /// Where in the store is what was not committed when somebody else took it; nil if there was nothing.
    var branch: String?
    /// The instant that the store has, nanoseconds since 1970; nil before the first.
    var safeAt: Int64?
    /// Bytes of changed files that it has not, when that was looked at last.
    var dirty: UInt64 = 0
    /// Why the last commit failed; nil if it did not.
    var failure: String?
    /// Why the last command before a commit failed.
    var quiesceFailure: String?
    /// How often it was committed, and how often that failed, since the agent began.
    var commits = 0
    var failures = 0
    /// How the files of the last version came to be of one instant; nil if nobody wrote to them.
    var cut: CutWay?
    /// How long containers stood still for a commit: the last time, in all, and at most.
    var pause = Duration.zero
    var pauses = Duration.zero
    var longestPause = Duration.zero
    /// When it was looked after last, and is to be committed next.
    var lookedAt = ContinuousClock.now
    var nextCommit = ContinuousClock.now
    /// How often containers were to stand still for its sake, and which do now.
    var cuts = 0
    var frozen: [Int: [String]] = [:]
    /// Who was stopped until its store has what they wrote.
    var halted: [String] = []
    /// Whether who uses it may only read, until its store has what they wrote; nil where an agent before us may have said
    /// so.
    var isReadOnly: Bool? = false
    /// Whether who takes its app down does not want to wait for its store.
    var isHurried = false
    /// What looks after it.
    var watcher: Task<Void, Never>?

    init(_ storage: VolumeStorage) { self.storage = storage }

    /// It is looked after so often.
    var beat: Duration { min(storage.lease / 3, storage.commit) }

    var isHeld: Bool { state == .held }

    /// What was committed, or found unchanged, as of an instant.
    mutating func note(_ record: CommitRecord?, asOf instant: Int64) {
        safeAt = instant
        dirty = 0
        failure = nil
        nextCommit = .now + storage.commit
        guard let record else { return }
        head = record
        commits += 1
        pause = .nanoseconds(Int64(clamping: record.statistics.pause))
        pauses += pause
        longestPause = max(longestPause, pause)
    }
}
