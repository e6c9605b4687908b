// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// Asks one receiver by HTTP, and knows what its statuses mean.
struct HTTPCaller {
    /// An answer, and as much of its body as there may be.
    struct Answer {
        let status: Int
        let retryAfter: Duration?
        let isTransient: Bool
        let body: [UInt8]

        /// The receiver takes no request so large (413).
        var isTooLarge: Bool { status == 413 }
    }

    private static let maximumAnswer: Int64 = 64 << 10
    private static let patience = Duration.seconds(60)
    /// No receiver is believed that it cannot be asked for longer.
    private static let longestPause = Duration.seconds(300)

    private let endpoint: SinkSettings.Endpoint
    private let token: (scheme: String, file: RegistrySettings.File)?
    private let means: SinkMeans
    private let scope: TransferScope
    /// What was read for the present connection.
    private var proofs: Proofs?

    private struct Proofs {
        let trust: TransferTrust
        let field: (name: String, value: String)?
    }

    init(
        _ endpoint: SinkSettings.Endpoint,
        token: (scheme: String, file: RegistrySettings.File)? = nil,
        _ means: SinkMeans,
        in scope: TransferScope
    ) {
        self.endpoint = endpoint
        self.token = token
        self.means = means
        self.scope = scope
    }

    /// Files are read again before the next request.
    mutating func disconnect() { proofs = nil }

    /// Waits; throws if it is called off meanwhile.
    func pause(_ time: Duration) throws(SinkError) {
        guard scope.wait(for: time) else { throw failure(.cancelled) }
    }

    /// Sends a body, whatever the status of the answer; to where the receiver is, or another place of it.
    mutating func ask(
        _ method: String,
        at url: String? = nil,
        _ fields: [(name: String, value: String)],
        _ body: [UInt8]
    ) throws(SinkError) -> Answer {
        if proofs == nil { proofs = try prove() }
        do throws(TransferError) {
            var request = TransferRequest(
                method,
                try TransferURL(url ?? endpoint.url),
                fields: fields,
                body: .bytes(body),
                trust: proofs?.trust ?? TransferTrust(),
                limits: .small(Self.maximumAnswer, within: Self.patience),
                redirects: 0
            )
            // The pump has one.
            request.hasOwnPace = true
            if let field = proofs?.field {
                if field.name == "Authorization" {
                    request.authorization = field.value
                } else {
                    request.fields.append(field)
                }
            }
            let transfer = try means.client.send(request, in: scope)
            return Answer(
                status: transfer.response.status,
                retryAfter: transfer.response.retryAfter,
                isTransient: transfer.response.isTransient,
                body: try transfer.readAll()
            )
        } catch {
            throw SinkError(error)
        }
    }

    /// Throws unless the answer is a success.
    ///
    /// What says nothing about the lines (no such place, no right, another address) is no reason to drop them: it is
    /// asked again, until somebody has mended it.
    func judge(_ answer: Answer) throws(SinkError) {
        switch answer.status {
        case 200..<300: return
        case 300..<400:
            throw failure(.unavailable("it answers \(answer.status): write the URL that it leads to"))
        case 401, 403, 407:
            throw failure(
                .unavailable("it answers \(answer.status): see to what 'auth' names\(Self.quoted(answer))")
            )
        case 404, 405, 410:
            throw failure(.unavailable("it answers \(answer.status): see to the URL\(Self.quoted(answer))"))
        case _ where answer.isTransient || answer.status >= 500:
            let pause = answer.retryAfter.map { min($0, Self.longestPause) }
            throw failure(.unavailable("it answers \(answer.status)\(Self.quoted(answer))", after: pause))
        default: throw failure(.rejected("it answers \(answer.status)\(Self.quoted(answer))"))
        }
    }

    func failure(_ cause: SinkError.Cause) -> SinkError { SinkError("send to", endpoint.url, cause) }

    /// The beginning of what the receiver says, as a part of a line.
    private static func quoted(_ answer: Answer) -> String {
        let text = String(decoding: answer.body.prefix(300), as: UTF8.self).unicodeScalars
            .map { $0.properties.generalCategory == .control ? " " : String($0) }
            .joined()
        return text.isEmpty ? "" : ": \(text)"
    }

    private func prove() throws(SinkError) -> Proofs {
        let trust = try means.trust(endpoint.tls)
        guard let file = token?.file ?? endpoint.authorization else {
            return Proofs(trust: trust, field: nil)
        }
        let bytes: [UInt8]
        do { bytes = try means.read(file) } catch { throw failure(.unavailable("\(error)")) }
        guard let field = HTTPProof.field(bytes, scheme: token?.scheme) else {
            throw failure(
                .unavailable(
                    token == nil
                        ? "what 'auth' names has no USER:PASSWORD, 'Bearer TOKEN' or 'NAME: VALUE' in its one line"
                        : "what 'token' names is no token: write it as its one line"
                )
            )
        }
        return Proofs(trust: trust, field: field)
    }
}
