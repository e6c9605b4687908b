// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Images

/// Servers whose TLS proves nothing: each is refused with who, why and what helps, and nobody is asked in the clear.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct CertificateTests {
    /// What a server shows.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The files of its certificate, and how they are made.
        var make: @Sendable (TestAuthority) throws -> Void
        /// Further words for the server.
        var options = ""
        /// Whether its authority is named in the settings.
        var isKnown = true
        var words: [String]
    }

    static let cases = [
        Case(
            testDescription: "vouched for by itself",
            make: { try $0.certifyItself("server") },
            words: ["self-signed certificate", "'ca' in node.yaml"]
        ),
        Case(
            testDescription: "of an authority that nobody named",
            make: { try $0.certify("server") },
            isKnown: false,
            words: ["unable to get local issuer certificate", "'ca' in node.yaml"]
        ),
        Case(
            testDescription: "expired",
            make: { try $0.certify("server", until: "20210101000000Z") },
            words: ["certificate has expired", "renew it"]
        ),
        Case(
            testDescription: "not valid yet",
            make: { try $0.certify("server", from: "20500101000000Z") },
            words: ["certificate is not yet valid", "clock"]
        ),
        Case(
            testDescription: "of another host",
            make: { try $0.certify("server", host: "DNS:other.test") },
            words: ["SSL: no alternative certificate subject name matches", "issued for 127.0.0.1"]
        ),
        Case(
            testDescription: "with a key of 1024 bits",
            make: { try $0.certify("server", key: "rsa:1024") },
            words: ["key too weak", "2048 bits"]
        ),
        Case(
            testDescription: "TLS 1.0",
            make: { try $0.certify("server") },
            options: "-tls1",
            words: ["protocol", "TLS 1.2 or 1.3"]
        ),
        Case(
            testDescription: "TLS 1.1",
            make: { try $0.certify("server") },
            options: "-tls1_1",
            words: ["protocol", "TLS 1.2 or 1.3"]
        ),
    ]

    /// `openssl s_server` behind a wire that remembers how each connection begins.
    private struct Server {
        let name: String
        let wire: LoopbackServer
        let program: TestProgram
        let begins: Beginnings

        final class Beginnings: Sendable {
            let bytes = Mutex<[UInt8]>([])
        }

        init(_ authority: TestAuthority, _ options: String) throws {
            let port = try LoopbackServer.freePort()
            program = try TestProgram(
                [
                    "/usr/bin/openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-cert",
                    "\(authority.folder)/server.pem", "-key", "\(authority.folder)/server.key", "-cipher",
                    "ALL:@SECLEVEL=0",
                ] + options.split(separator: " ").map(String.init),
                log: "\(authority.folder)/log",
                port: port
            )
            let begins = Beginnings()
            self.begins = begins
            wire = try LoopbackServer { client in
                guard let first = try? client.read(16 << 10), let byte = first.first else { return }
                begins.bytes.withLock { $0.append(byte) }
                guard let far = try? LoopbackServer.connect(to: port), LoopbackServer.send(first, to: far)
                else { return }
                try? Thread.detach { LoopbackServer.pass(client, to: far) }
                LoopbackServer.pass(far, to: client)
            }
            name = wire.name
        }
    }

    private func client(_ name: String, _ change: (inout RegistrySettings) -> Void) -> RegistryClient {
        MemoryRegistry.client([name]) {
            $0.registries[0].security = .verified
            change(&$0.registries[0])
        }
    }

    @Test(arguments: cases)
    func `a server that proves nothing is refused, with a remedy, and nothing is asked in the clear`(
        _ one: Case
    ) throws {
        let shop = try Workshop()
        let store = try shop.store()
        let authority = try TestAuthority(in: shop.path + "/ca")
        try one.make(authority)
        let server = try Server(authority, one.options)
        let asking = client(server.name) { if one.isKnown { $0.authorities = .path(authority.certificate) } }
        let error = try #require(throws: ImageError.self) {
            try store.pull(Reference("\(server.name)/app:1"), from: asking)
        }
        let text = error.description
        #expect(text.contains("https://\(server.name)/"), "\(text)")
        for word in one.words {
            #expect(text.contains(word), "\(word): \(text)")
        }
        // Once, and with the first byte of a TLS record: no second attempt, and none in the clear.
        #expect(server.begins.bytes.withLock { $0 } == [0x16], "\(text)")
        #expect(try store.list().isEmpty && store.content.digests().isEmpty)
        // Weaker only where an operator says so, for this server by name.
        let elsewhere = MemoryRegistry.client([]) {
            var other = RegistrySettings(prefix: "127.0.0.1:1")
            other.security = .unverified
            other.authorities = .path(authority.certificate)
            $0.registries = [other]
        }
        #expect(throws: ImageError.self) {
            try store.pull(Reference("\(server.name)/app:1"), from: elsewhere)
        }
        #expect(server.begins.bytes.withLock { $0 } == [0x16, 0x16])
    }

    @Test func `what an operator names is believed: another authority, or any certificate`() throws {
        let shop = try Workshop()
        let authority = try TestAuthority(in: shop.path + "/ca")
        try authority.certify("server")
        let server = try Server(authority, "")
        func answer(_ change: (inout RegistrySettings) -> Void) throws -> String {
            let error = try #require(throws: ImageError.self) {
                try shop.store().pull(Reference("\(server.name)/app:1"), from: client(server.name, change))
            }
            return error.description
        }
        // It is no registry, but it got as far as to say so.
        #expect(try answer { $0.authorities = .path(authority.certificate) }.contains("media type text/html"))
        try authority.certifyItself("server")
        #expect(try answer { $0.security = .unverified }.contains("media type text/html"))
    }

    @Test func `a server that does not speak TLS gets no second question`() throws {
        let shop = try Workshop()
        let begins = Mutex<[UInt8]>([])
        let server = try LoopbackServer { socket in
            guard let byte = try? socket.read(4096).first else { return }
            begins.withLock { $0.append(byte) }
            _ = LoopbackServer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", to: socket)
        }
        let error = try #require(throws: ImageError.self) {
            try shop.store().pull(Reference("\(server.name)/app:1"), from: client(server.name) { _ in })
        }
        #expect(error.description.contains("no TLS is spoken there"), "\(error)")
        #expect(begins.withLock { $0 } == [0x16])
        #expect(try shop.store().content.digests().isEmpty)
    }
}
