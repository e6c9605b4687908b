// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// The verb `martlet tunnel`, which other verbs start: standard input is a socket, whose bytes go to a node by TLS.
///
/// The first line that it says there is `{}` once it is connected, or the failure as JSON.
struct TunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: NodeVerb.tunnel.rawValue,
        abstract: NodeVerb.tunnel.abstract,
        shouldDisplay: false
    )

    private static let connectTime = TimeAmount.seconds(20)

    @Option var host: String
    @Option var cacert: String?
    @Option var cert: String?
    @Option var key: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        do throws(ControlError) {
            let (near, far) = try await connect()
            try? await near.closeFuture.get()  // however it ended
            try? await far.close()
        } catch {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            let line = Array(try encoder.encode(ControlErrorReply(error))) + [UInt8(ascii: "\n")]
            try Descriptor(owning: STDIN_FILENO).write(line)
            throw ExitCode(1)
        }
    }

    private func connect() async throws(ControlError) -> (near: any Channel, far: any Channel) {
        guard let node = RemoteNode(host) else {
            throw ControlError(.invalid, "--host", "'\(host)' is not a node", "write HOST or HOST:PORT")
        }
        let context = try configuration(node)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let ready = Handshake(loop: group.any())
            defer { ready.end() }
            let far = try await ClientBootstrap(group: group)
                .connectTimeout(Self.connectTime)
                .channelOption(.autoRead, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let isName = (try? SocketAddress(ipAddress: node.host, port: 0)) == nil
                        let tls = try NIOSSLClientHandler(
                            context: context,
                            serverHostname: isName ? node.host : nil
                        )
                        try channel.pipeline.syncOperations.addHandlers(tls, ready)
                    }
                }
                .connect(host: node.host, port: node.port).get()
            try await ready.done.get()
            // Nobody is there yet for what may come.
            try await far.setOption(.autoRead, value: false).get()
            try Descriptor(owning: check("dup", "tunnel", dup(STDIN_FILENO))).write(Array("{}\n".utf8))
            let near = try await ClientBootstrap(group: group)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Pass(to: far))
                    }
                }
                .withConnectedSocket(dup(STDIN_FILENO)).get()
            try await far.pipeline.addHandler(Pass(to: near)).get()
            for channel in [near, far] { try await channel.setOption(.autoRead, value: true).get() }
            return (near, far)
        } catch {
            throw Self.refusal(error, node)
        }
    }

    private func configuration(_ node: RemoteNode) throws(ControlError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        func checked<Result>(_ path: String, _ body: () throws -> Result) throws(ControlError) -> Result {
            do { return try body() } catch { throw ControlError(.invalid, path, "cannot be used: \(error)") }
        }
        if let cacert {
            configuration.trustRoots = .certificates(
                try checked(cacert) { try NIOSSLCertificate.fromPEMFile(cacert) }
            )
        }
        if let cert {
            configuration.certificateChain = try checked(cert) {
                try NIOSSLCertificate.fromPEMFile(cert).map { .certificate($0) }
            }
            let path = key ?? cert
            configuration.privateKey = .privateKey(
                try checked(path) { try NIOSSLPrivateKey(file: path, format: .pem) }
            )
        }
        let made = configuration
        return try checked(cert ?? "TLS") { try NIOSSLContext(configuration: made) }
    }

    private static func refusal(_ error: any Error, _ node: RemoteNode) -> ControlError {
        switch error {
        case is NIOConnectionError, is IOError, is ChannelError:
            ControlError(
                .unreachable,
                node.description,
                "cannot be reached: \(error)",
                "is api.listen in its node.yaml?"
            )
        default:
            ControlError(
                .unreachable,
                node.description,
                "TLS: \(error)",
                "give --cacert, and --cert with --key"
            )
        }
    }
}
