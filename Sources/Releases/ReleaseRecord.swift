// SPDX-License-Identifier: Apache-2.0

/// Which programs a node goes on as: what is decided at each start of the agent, without any I/O.
public struct ReleaseRecord: Codable, Equatable, Sendable {
    /// The only format so far; a record in another is none of ours.
    public static let format = 1
    /// A trial that is stopped by a signal begins anew, but not more often than this.
    static let mostStarts = 3

    /// The format of the record.
    public private(set) var format = Self.format
    /// What was installed when it was written, see `InstalledPrograms`: releases are updates of exactly that.
    public private(set) var installed: String
    /// The release that is in force; nil for what is installed.
    public private(set) var confirmed: Release?
    /// What was in force before, and can be gone back to; nil for what is installed.
    public private(set) var previous: Release?
    /// What is to be tried, or is.
    public private(set) var trial: Trial?
    /// What was tried last and failed.
    public private(set) var failed: FailedRelease?
    /// The release of the settings that was seen to, whatever came of it.
    public private(set) var wanted: String?

    /// A node that goes on as what is installed.
    public init(installed: String) { self.installed = installed }

    /// What a start of the agent goes on as.
    public struct Start: Equatable, Sendable {
        /// The release; nil is what is installed.
        public let release: Release?
        /// The seconds that it has to be confirmed in; nil if it needs none.
        public let patience: Int?
        /// What the journal is told; nil for nothing.
        public let news: String?
    }

    /// Decides what a start goes on as; the record as it is then has to be on the disk first.
    ///
    /// Whoever installs other programs, newer or older, has the last word: releases before that are forgotten.
    public mutating func start(installed: String, now: BootTime, time: Int64) -> Start {
        guard installed == self.installed else {
            let left = trial?.release ?? confirmed
            let wanted = wanted
            self = ReleaseRecord(installed: installed)
            self.wanted = wanted
            return Start(
                release: nil,
                patience: nil,
                news: left.map { "\($0) is left: other programs were installed" }
            )
        }
        guard var trial else { return Start(release: confirmed, patience: nil, news: nil) }
        if trial.began != nil {
            return fail(trial.failure(at: now), time: time)
        }
        guard trial.starts < Self.mostStarts else {
            return fail("it was stopped \(trial.starts) times before it was confirmed", time: time)
        }
        trial.began = now
        trial.starts += 1
        self.trial = trial
        return Start(release: trial.release, patience: trial.patience, news: "\(trial.release) is tried")
    }

    /// Leaves the release that is tried, and goes back to what was in force.
    @discardableResult
    public mutating func fail(_ reason: String, time: Int64) -> Start {
        guard let trial else { return Start(release: confirmed, patience: nil, news: nil) }
        failed = FailedRelease(trial.release, reason, time: time)
        self.trial = nil
        let back = confirmed.map { "\($0)" } ?? "what is installed"
        return Start(
            release: confirmed,
            patience: nil,
            news: "\(trial.release) is left, and \(back) goes on: \(reason)"
        )
    }

    /// Has a release tried at the next start; one that `settings` ask for is not asked for by the same words again.
    public mutating func propose(_ trial: Trial, settings: String? = nil) {
        self.trial = trial
        if failed?.release.digest == trial.release.digest { failed = nil }
        if let settings { wanted = settings }
    }

    /// The release that is tried is in force from here on.
    public mutating func confirm() {
        guard let trial else { return }
        if trial.release != confirmed { previous = confirmed }
        confirmed = trial.release
        if failed?.release.digest == trial.release.digest { failed = nil }
        self.trial = nil
    }

    /// The agent ends because it was told to: what it tries begins anew with the next one.
    public mutating func suspend() { trial?.began = nil }

    /// Goes back to what is installed.
    public mutating func withdraw() {
        previous = confirmed ?? previous
        confirmed = nil
        trial = nil
    }

    /// The failure is among the events.
    public mutating func tell() { failed?.isTold = true }

    /// What the settings ask for was seen to, without a trial.
    public mutating func settle(_ settings: String) { wanted = settings }

    /// What is gone on as where these programs are installed, the first that can be; none is what is installed.
    public func inForce(installed: String) -> [Release] {
        guard installed == self.installed, let confirmed else { return [] }
        return [confirmed] + (previous.map { [$0] } ?? [])
    }

    /// The folders that have to stay.
    public var needed: Set<String> {
        Set([confirmed, previous, trial?.release].compactMap { $0?.folder })
    }
}
