// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization
internal import Transfer

/// One Compose file that a server has.
final class HTTPSource: Source {
    /// How long one answer may take.
    private static let deadline = Duration.seconds(60)
    /// What a server may call it: a page of HTML is what a proxy or a login says.
    private static let types: Set<String> = [
        "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json",
        "application/octet-stream", "text/plain", "binary/octet-stream",
    ]

    let kind = "http"
    private let url: TransferURL
    private let file: LoneFile
    private let auth: String?
    private let authorities: String?
    private let client: TransferClient
    /// What was taken last.
    private let last = Mutex<Taken?>(nil)

    /// What the server calls a version.
    private struct Validators {
        var etag: String?
        var modified: String?
    }

    private struct Taken {
        var validators: Validators
        var bytes: [UInt8]
        var signature: [UInt8]?
    }

    /// A file by its URL; `auth` and `authorities` are paths of files that are read for each question.
    init(
        name: String,
        url: String,
        auth: String?,
        authorities: String?,
        signers: Signers?,
        client: TransferClient
    ) throws(TransferError) {
        self.url = try TransferURL(url)
        let last = self.url.path.split(separator: "/").last ?? "app"
        file = LoneFile(
            source: name,
            name: String(last.unicodeScalars.prefix(100).filter { $0 != "%" }.map(Character.init)),
            place: "\(self.url)",
            signers: signers
        )
        self.auth = auth
        self.authorities = authorities
        self.client = client
    }

    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet? {
        guard let (bytes, validators) = try fetch(url, conditional: true, in: scope) else {
            // Who may sign can have changed without the file.
            if let taken = last.withLock({ $0 }) {
                do throws(IntakeError) {
                    _ = try file.signer(of: taken.bytes, taken.signature)
                } catch {
                    last.withLock { $0 = nil }  // it may be signed anew: next time all of it is asked for
                    throw error
                }
            }
            return nil
        }
        let signature = file.signers == nil ? nil : try self.signature(in: scope)
        let set = try file.set(bytes, signature)
        // Only what is right is not asked for again.
        last.withLock { $0 = Taken(validators: validators, bytes: bytes, signature: signature) }
        return set
    }

    private func signature(in scope: TransferScope) throws(IntakeError) -> [UInt8]? {
        let place = url.at(path: url.path + ".sig", query: url.query)
        do throws(IntakeError) {
            return try fetch(place, limit: Int64(SSHSignature.maximumBytes), in: scope)?.bytes
        } catch {
            guard error.isAbsent else { throw error }
            return nil
        }
    }

    /// A body with what tells it from others; nil if it is the one that was taken last.
    private func fetch(
        _ url: TransferURL,
        limit: Int64 = Int64(LoneFile.maximumBytes),
        conditional: Bool = false,
        in scope: TransferScope
    ) throws(IntakeError) -> (bytes: [UInt8], validators: Validators)? {
        var fields = [("Accept", "application/yaml, application/json;q=0.9, */*;q=0.1")]
        let known = conditional ? last.withLock { $0?.validators } : nil
        // The better of the two alone: RFC 9110, 13.1.3.
        if let etag = known?.etag {
            fields.append(("If-None-Match", etag))
        } else if let modified = known?.modified {
            fields.append(("If-Modified-Since", modified))
        }
        var request = TransferRequest(
            "GET",
            url,
            fields: fields.map { (name: $0.0, value: $0.1) },
            authorization: try authorization(),
            trust: TransferTrust(
                authorities: try authorities.map { (path) throws(IntakeError) in try content(path) }
            ),
            limits: .small(limit, within: Self.deadline),
            ranges: [.global, .private, .loopback]
        )
        // Sources have pauses of their own, and what is back after a long time is to be seen soon.
        request.hasOwnPace = true
        let transfer: Transfer
        do throws(TransferError) { transfer = try client.send(request, in: scope) } catch {
            throw IntakeError(error)
        }
        let response = transfer.response
        if response.status == 304, known != nil { return nil }
        guard response.status == 200 else { throw IntakeError(response) }
        try check(response)
        let bytes: [UInt8]
        do throws(TransferError) { bytes = try transfer.readAll() } catch { throw IntakeError(error) }
        return (bytes, Validators(etag: response["etag"], modified: response["last-modified"]))
    }

    /// Whether what comes is what was asked for.
    private func check(_ response: TransferResponse) throws(IntakeError) {
        if let type = response.mediaType, !Self.types.contains(type) {
            throw IntakeError(
                .refused,
                "\(response.url)",
                "the server calls it \(type.prefix(80)): name the URL of a Compose file"
            )
        }
        if let coding = response["content-encoding"], coding.lowercased() != "identity" {
            throw IntakeError(
                .refused,
                "\(response.url)",
                "it comes as \(coding.prefix(80)): serve it as it is"
            )
        }
    }

    private func authorization() throws(IntakeError) -> String? {
        guard let auth else { return nil }
        guard let value = Authorization.value(of: try content(auth)) else {
            throw IntakeError(.refused, auth, "write 'USER:PASSWORD' or 'Bearer TOKEN' in it")
        }
        return value
    }

    private func content(_ path: String) throws(IntakeError) -> [UInt8] {
        do throws(LinuxError) {
            return try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).readAll(limit: 1 << 20)
        } catch {
            throw IntakeError(.unreachable, "", "\(error)")
        }
    }
}
