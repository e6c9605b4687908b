// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Desired
internal import Images
internal import Keys
internal import NIOCore
internal import NIOSSL

/// What the listener proves itself with, and who vouches for its clients, as the files say it.
struct TLSIdentity: Sendable {
    /// Where the files are.
    struct Files: Sendable {
        let certificate: String
        let key: String
        let clientAuthority: String?
        let revocations: String?

        init(_ settings: APISettings.TLS) throws {
            certificate = try settings.certificate.place()
            key = try settings.key.place()
            clientAuthority = try settings.clientAuthority.map { try $0.place() }
            revocations = try settings.revocations.map { try $0.place() }
        }

        var all: [String] { [certificate, key] + [clientAuthority, revocations].compactMap(\.self) }
    }

    private static let maximumBytes = 16 << 20

    let context: NIOSSLContext
    /// Who vouches for clients; nil if nobody does.
    let authority: ClientAuthority?

    /// Reads and checks the files; blocks.
    ///
    /// A client without a certificate is turned away at once, unless one that `takesOthers` asks for another proof.
    init(_ files: Files, takesOthers: Bool) throws {
        func read(_ path: String) throws -> [UInt8] {
            do { return try KeyFile.read(path, limit: Self.maximumBytes) } catch {
                throw AgentError("serve TLS", path, "\(error)")
            }
        }
        func checked<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
            do { return try body() } catch {
                throw AgentError("serve TLS", path, "cannot be used: \(error)")
            }
        }
        let chain = try checked(files.certificate) {
            try NIOSSLCertificate.fromPEMBytes(try read(files.certificate))
        }
        let key = try checked(files.key) { try NIOSSLPrivateKey(bytes: try read(files.key), format: .pem) }
        let revocations = try files.revocations.map(read)
        authority = try files.clientAuthority.map { path in
            try checked(path) { try ClientAuthority(certificates: try read(path), revocations: revocations) }
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if authority != nil {
            configuration.certificateVerification =
                takesOthers ? .optionalVerification : .noHostnameVerification
        }
        context = try checked(files.certificate) { try NIOSSLContext(configuration: configuration) }
    }

    /// The end of a connection that speaks TLS.
    func handler() throws -> NIOSSLServerHandler {
        let authority = authority
        return NIOSSLServerHandler(context: context, configuration: .init()) { sent, promise in
            do {
                guard let authority else { return promise.succeed(.failed) }
                _ = try authority.subject(of: try sent.map { try $0.toDERBytes() })
                promise.succeed(.certificateVerified(.init(ValidatedCertificateChain(sent))))
            } catch {
                promise.succeed(.failed)
            }
        }
    }
}
