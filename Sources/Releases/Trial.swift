// SPDX-License-Identifier: Apache-2.0

/// A release that is to prove itself before it is gone on with.
public struct Trial: Codable, Equatable, Sendable {
    /// What is tried.
    public let release: Release
    /// So many seconds after its start it is ended, unless it was confirmed.
    public let patience: Int
    /// What ran when it was asked for: the first process of each container, by its id.
    public let running: [String: Int32]
    /// When it was started; nil while it is to be.
    public var began: BootTime?
    /// How often it was started.
    public var starts = 0

    /// A trial that is to begin.
    public init(of release: Release, patience: Int, running: [String: Int32]) {
        self.release = release
        self.patience = patience
        self.running = running
    }

    /// Why one that began and was not confirmed has failed, at the next start.
    func failure(at now: BootTime) -> String {
        guard let began else { return "it did not begin" }
        guard began.boot == now.boot else {
            return "the machine was started again before it was confirmed"
        }
        let time = now.seconds - began.seconds
        return time >= Int64(patience)
            ? "it was not confirmed within \(patience) s"
            : "it ended after \(max(0, time)) s, before it was confirmed"
    }
}
