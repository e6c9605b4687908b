// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A talk with one server about one repository.
struct RegistrySession: Sendable {
    let client: RegistryClient
    let endpoint: RegistryEndpoint
    /// `pull`, or `pull,push`.
    let actions: String
    /// Other repositories of the server that are read meanwhile.
    var others: [String] = []
    let scope: TransferScope
    let report: @Sendable (PullEvent) -> Void

    /// Asks, with what the server wants to see of us, until the status is one of `accepted`.
    func ask(
        _ method: String,
        _ url: TransferURL,
        fields: [(name: String, value: String)] = [],
        body: TransferRequest.Body = .none,
        limits: TransferLimits? = nil,
        accepted: Set<Int> = [200]
    ) throws(RegistryFailure) -> Transfer {
        // A place that the server named is another's if its origin is.
        let isOwn = url.origin == endpoint.base.origin
        var request = TransferRequest(
            method,
            url,
            fields: fields,
            authorization: isOwn ? client.authorization(key) : nil,
            body: body,
            trust: isOwn ? endpoint.trust : TransferTrust(),
            limits: limits ?? client.configuration.limits
        )
        var transfer = try send(request)
        if transfer.response.status == 401, isOwn, transfer.response.url.origin == url.origin {
            client.forget(key)
            transfer.drain()
            let authorization = try authorize(transfer.response)
            request.authorization = authorization.value
            transfer = try send(request)
            if transfer.response.status != 401 { client.remember(authorization, for: key) }
        }
        guard accepted.contains(transfer.response.status) else { throw failure(method, url, transfer) }
        return transfer
    }

    /// What an authorization is good for.
    private var key: String {
        "\(endpoint.base.origin) \(endpoint.repository) \(actions) \(others.joined(separator: " "))"
    }

    private func send(_ request: TransferRequest) throws(RegistryFailure) -> Transfer {
        do throws(TransferError) {
            return try client.transfers().send(request, in: scope)
        } catch {
            throw RegistryFailure("ask", error)
        }
    }

    /// The rest of an answer, which is small.
    func readAll(_ transfer: Transfer) throws(RegistryFailure) -> [UInt8] {
        do throws(TransferError) {
            return try transfer.readAll()
        } catch {
            throw RegistryFailure("read", error)
        }
    }

    /// What a status that is no success means.
    private func failure(_ method: String, _ url: TransferURL, _ transfer: Transfer) -> RegistryFailure {
        let status = transfer.response.status
        let words = RegistryMessage.read(transfer)
        let cause: ImageError.Cause =
            switch status {
            case 404: .absent
            case 401, 403:
                .registry(
                    status: status,
                    (words.isEmpty ? "" : words + "; ")
                        + "name a user who may \(actions) it in a credential file"
                )
            default: .registry(status: status, words)
            }
        return RegistryFailure(
            ImageError(method, "\(url)", cause),
            isTransient: transfer.response.isTransient,
            retryAfter: transfer.response.retryAfter
        )
    }

    /// Bytes that an attempt brings at least if it is not to count.
    private static let leastProgress: Int64 = 16 << 10

    /// Does something until it succeeds, fails for good, or has brought nothing for too often.
    ///
    /// `progress` tells how far it is: attempts that bring something do not count, unless it is less than `leastProgress`
    /// or came slower than the limits allow. Otherwise a server could hold us for ever with a byte at a time.
    func persistently<Result>(
        progress: () -> Int64 = { 0 },
        _ body: () throws(RegistryFailure) -> Result
    ) throws(RegistryFailure) -> Result {
        let policy = client.configuration.retry
        var failures = 0
        while true {
            let (before, start) = (progress(), ContinuousClock.now)
            do throws(RegistryFailure) {
                return try body()
            } catch {
                let brought = progress() - before
                let seconds = start.duration(to: .now).components.seconds
                let least = max(Self.leastProgress, Int64(client.configuration.limits.slowest) * seconds)
                failures = brought >= least ? 1 : failures + 1
                guard error.isTransient, failures < policy.attempts else { throw error }
                let pause = policy.pause(after: failures, asked: error.retryAfter)
                report(.retrying(endpoint.name, "\(error.error)", after: pause))
                guard scope.wait(for: pause) else {
                    throw RegistryFailure(ImageError("ask", endpoint.name, .cancelled))
                }
            }
        }
    }
}
