// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Transfer

/// A question to Swift.
struct SwiftRequest {
    var method: String
    /// Nil for that of the store.
    var container: String?
    /// Nil for the container.
    var key: String?
    var query: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    var body = TransferRequest.Body.none
    /// The answer goes into a file.
    var isIntoFile = false
}

/// Asks the containers of one account: shows a token, and knows what the errors mean.
final class SwiftClient: Sendable {
    /// What was learnt of the store.
    struct State {
        /// What it promises; nil before it was probed.
        var promises: StorePromises?
    }

    private static let maximumError = 64 << 10

    let container: String
    let state = Monitor(State())
    private let client: TransferClient
    private let tokens: SwiftTokenCache
    private let trust: @Sendable () throws(ObjectError) -> TransferTrust

    init(
        _ container: String,
        _ client: TransferClient,
        _ tokens: SwiftTokenCache,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust
    ) {
        self.container = container
        self.client = client
        self.tokens = tokens
        self.trust = trust
    }

    /// An answer whose status is one of these; all else is an error.
    ///
    /// A token that is not taken is had anew, and the request made again, once: servers under load have refused good
    /// tokens, too.
    func ask(_ request: SwiftRequest, for statuses: Set<Int>, _ call: StoreCall) throws(ObjectError)
        -> Transfer
    {
        var token = try tokens.token(insteadOf: nil, call)
        var isAgain = false
        while true {
            let asked = try signed(request, token)
            let transfer = try call.attempt { () throws(TransferError) in
                try client.send(asked, in: call.scope)
            }
            let response = transfer.response
            if statuses.contains(response.status) { return transfer }
            // The connection is good for the next one.
            _ = try call.body(of: transfer, limit: Self.maximumError)
            guard response.status == 401, !isAgain else {
                throw call.error(SwiftFault(response).cause, pause: response.retryAfter)
            }
            isAgain = true
            token = try tokens.token(insteadOf: token, call)
        }
    }

    /// Asks for what has no answer beyond its status.
    func perform(_ request: SwiftRequest, for statuses: Set<Int>, _ call: StoreCall) throws(ObjectError)
        -> Int
    {
        try answer(request, for: statuses, call).status
    }

    /// Asks for what has no answer beyond its head.
    func answer(_ request: SwiftRequest, for statuses: Set<Int>, _ call: StoreCall) throws(ObjectError)
        -> TransferResponse
    {
        let transfer = try ask(request, for: statuses, call)
        _ = try call.body(of: transfer, limit: Self.maximumError)
        return transfer.response
    }

    private func signed(_ request: SwiftRequest, _ token: SwiftToken) throws(ObjectError) -> TransferRequest {
        var path = token.account.path
        if !path.hasSuffix("/") { path += "/" }
        path += TransferURL.encode(request.container ?? container)
        if let key = request.key {
            for part in key.split(separator: "/", omittingEmptySubsequences: false) {
                path += "/" + TransferURL.encode(String(part))
            }
        }
        let url = token.account.at(path: path)
        var asked = TransferRequest(
            request.method,
            request.query.isEmpty ? url : url.adding(request.query),
            fields: request.fields + [("X-Auth-Token", token.text)],
            body: request.body,
            trust: try trust(),
            redirects: 0
        )
        asked.isIntoFile = request.isIntoFile
        // `RetriedStore` has one, and whoever holds a volume: a sign of life cannot wait for minutes.
        asked.hasOwnPace = true
        return asked
    }
}
