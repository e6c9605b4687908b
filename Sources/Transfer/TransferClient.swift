// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// A client for HTTP/1.1 and HTTP/2 over libcurl: one thread drives all transfers, which share their connections, and
/// another one those that a disk is waited for with.
public final class TransferClient: Sendable {
    private let engine: TransferEngine
    /// For bodies that are files: it reads and writes these itself, which no other transfer is to wait for; nil before
    /// the first.
    private let fileEngine = Mutex<TransferEngine?>(nil)
    private let circuits: HostCircuits

    /// Starts the first thread; both end with the last reference to the client and the transfers.
    ///
    /// `now` is the clock by which servers that do not answer are left alone.
    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(TransferError) {
        engine = try TransferEngine.start()
        circuits = HostCircuits(now: now)
    }

    deinit {
        engine.close()
        fileEngine.withLock { $0?.close() }
    }

    private func engine(for request: TransferRequest) throws(TransferError) -> TransferEngine {
        guard request.isOfFile else { return engine }
        return try fileEngine.withLock { made throws(TransferError) in
            if let made { return made }
            let new = try TransferEngine.start()
            made = new
            return new
        }
    }

    /// Asks, follows redirects, and waits for the head of the answer, whatever its status.
    ///
    /// `Authorization` and a trust of its own go to the origin that was asked, and nowhere else. A redirect
    /// to another origin may lead to this machine or its link only if it came from there. A server that has not
    /// answered for a minute, whoever asked, is left alone for pauses of up to five minutes (`.unanswered`).
    public func send(_ request: TransferRequest, in scope: TransferScope) throws(TransferError) -> Transfer {
        var request = request
        var left = request.redirects
        while true {
            let hop = request
            let engine = try engine(for: hop)
            let ask = { () throws(TransferError) in try Transfer(hop, on: engine, in: scope) }
            let transfer = hop.hasOwnPace ? try ask() : try circuits.send(hop, ask)
            guard [301, 302, 303, 307, 308].contains(transfer.response.status),
                request.method == "GET" || request.method == "HEAD", request.redirects > 0
            else { return transfer }
            func failure(_ why: String) -> TransferError {
                TransferError(request.method, request.url.description, .address(why))
            }
            guard let target = try transfer.response.location() else {
                throw TransferError(request.method, "\(request.url)", .answer("a redirect leads nowhere"))
            }
            guard left > 0 else { throw failure("redirected more than \(request.redirects) times") }
            guard target.scheme == "https" || request.url.scheme == "http" else {
                throw failure("redirected from https to http, at \(target.authority)")
            }
            left -= 1
            transfer.drain()
            if target.origin != request.url.origin {
                request.authorization = nil
                request.trust = TransferTrust()
                // What answers there with this machine's secrets is nobody's to send us to; see `AddressRange`.
                let own = transfer.response.address.flatMap { AddressRange($0) }.map { [$0] } ?? []
                let allowed = Set([.global, .private] + own)
                request.ranges = request.ranges?.intersection(allowed) ?? allowed
            }
            request.url = target
        }
    }
}
