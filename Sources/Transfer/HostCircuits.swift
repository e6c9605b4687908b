// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// The servers that do not answer, for all transfers of a client.
final class HostCircuits: Sendable {
    private struct State {
        var number: UInt64 = 0
        var circuits: [String: HostCircuit] = [:]
    }

    /// Servers that are remembered; an outsider's redirects may name any number.
    private static let room = 1000

    private let state = Mutex(State())
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant) { self.now = now }

    /// Sends by `body` unless the server of `request` is left alone, and learns from what comes.
    func send(
        _ request: TransferRequest,
        _ body: () throws(TransferError) -> Transfer
    ) throws(TransferError) -> Transfer {
        let server = request.url.origin
        let asker = try enter(request)
        do throws(TransferError) {
            let transfer = try body()
            let status = transfer.response.status
            note(
                server,
                asker,
                transfer.response.isTransient ? "it answers \(status)" : nil,
                transfer.response.retryAfter
            )
            return transfer
        } catch {
            switch error.cause {
            case .resolve(let why), .connection(let why), .time(let why), .answer(let why):
                note(server, asker, why, nil)
            // Nothing was learned about the server.
            case .address, .security, .limit, .cancelled, .library, .unanswered, .file:
                leave(server, asker)
            }
            throw error
        }
    }

    private func enter(_ request: TransferRequest) throws(TransferError) -> UInt64 {
        let now = now()
        let (asker, circuit) = state.withLock { state -> (UInt64, HostCircuit?) in
            state.number += 1
            let isFine = state.circuits[request.url.origin]?.admits(state.number, now: now) ?? true
            return (state.number, isFine ? nil : state.circuits[request.url.origin])
        }
        guard let circuit else { return asker }
        // The next one may be on its way: then it is known soon.
        let next = max(circuit.next ?? now, now)
        throw TransferError(
            request.method,
            "\(request.url)",
            .unanswered(
                "\(request.url.authority) was not asked: it has not answered since \(Self.text(circuit.since, now))"
                    + " (\(circuit.reason)), and is asked again from \(Self.text(next, now)) on"
            )
        )
    }

    /// Remembers a failure; nil is an answer.
    private func note(_ server: String, _ asker: UInt64, _ failure: String?, _ asked: Duration?) {
        let now = now()
        state.withLock { state in
            guard let failure else { return state.circuits[server] = nil }
            if state.circuits[server] == nil {
                if state.circuits.count >= Self.room { Self.makeRoom(&state.circuits) }
                state.circuits[server] = HostCircuit(failure, now: now)
            }
            state.circuits[server]?.fail(asker, failure, asked: asked, now: now)
        }
    }

    private func leave(_ server: String, _ asker: UInt64) {
        state.withLock { $0.circuits[server]?.leave(asker) }
    }

    /// Forgets the one that failed longest ago, of those whose circuit is not open if there is one.
    private static func makeRoom(_ circuits: inout [String: HostCircuit]) {
        let oldest = circuits.min {
            ($0.value.next == nil ? 0 : 1, $0.value.last) < ($1.value.next == nil ? 0 : 1, $1.value.last)
        }
        if let oldest { circuits[oldest.key] = nil }
    }

    /// A moment by the wall clock, RFC 3339 in UTC.
    private static func text(_ moment: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> String {
        var seconds = time(nil) + time_t(now.duration(to: moment).components.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            guard let start = buffer.baseAddress, strftime(start, 32, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0 else {
                return "?"
            }
            return String(cString: start)
        }
    }
}
