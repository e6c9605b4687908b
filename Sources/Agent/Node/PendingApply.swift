// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Synchronization

/// An apply that is not accepted yet: its images are looked for and fetched, which may take long and holds nobody up.
///
/// Whoever does something else with the app meanwhile calls it off, and so does a client that goes away.
public final class PendingApply: Sendable {
    private struct State {
        var cancel: (@Sendable () -> Void)?
        var end: ControlError?
        var isFetching = false
        var isOvertaken = false
        var isAccepted = false
    }

    /// What is brought.
    let request: ApplyRequest
    /// The digest of the desired state.
    let digest: String
    private let state = Mutex(State())

    /// One that has not begun.
    public init(_ request: ApplyRequest) {
        self.request = request
        digest = request.digest
    }

    /// Whether somebody else had the last word on the app.
    var isOvertaken: Bool { state.withLock(\.isOvertaken) }

    /// Whether registries have been asked for it, which may take long; one whose images are here only waits for its
    /// turn.
    var isFetching: Bool { state.withLock(\.isFetching) }

    /// Registries are asked from here on.
    func beginToFetch() { state.withLock { $0.isFetching = true } }

    /// Whether it ended before it was accepted.
    var isCalledOff: Bool { state.withLock { $0.end != nil } }

    /// Nobody waits for it any more.
    ///
    /// What it fetches is not wanted; one that is accepted goes on.
    public func abandon() {
        callOff(ControlError(.conflict, request.app.name, "its client went away while images were fetched"))
    }

    /// Something else was asked of the app.
    func overtake(by what: String) {
        let why = "overtaken before it was accepted: \(what)"
        callOff(
            ControlError(.conflict, request.app.name, why, "apply it again if it is wanted still"),
            isOvertaken: true
        )
    }

    /// Ends it with this error, unless it is accepted or has ended.
    func callOff(_ error: ControlError, isOvertaken: Bool = false) {
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isAccepted, state.end == nil else { return nil }
            (state.end, state.isOvertaken) = (error, isOvertaken)
            return state.cancel
        }
        cancel?()
    }

    /// Does what comes before it is accepted.
    ///
    /// - Throws: What `body` throws; the reason if it was called off.
    func prepare<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        // Called off without the caller, who tells why.
        let task = Task { try await body() }
        let isCalledOff = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.end != nil
        }
        if isCalledOff { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        if let end = state.withLock(\.end) { throw end }
        return try result.get()
    }

    /// It is carried out from here on, whoever wants something else; throws if it was called off before.
    func accept() throws(ControlError) {
        let end = state.withLock { state in
            state.isAccepted = state.end == nil
            return state.end
        }
        if let end { throw end }
    }
}
