// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing
internal import Transfer

@testable internal import Images

/// The pure parts of the registry client.
@Suite struct RegistryPartsTests {
    @Test func `challenges are read as RFC 9110 has them`() {
        let found = AuthChallenge.all(in: [
            #"Bearer realm="https://a.test/t?x=1,2",service="s \"q\"" , scope=repository:a:pull"#,
            "BASIC realm=x, Negotiate",
            "",
        ])
        #expect(found.map(\.scheme) == ["bearer", "basic", "negotiate"])
        #expect(found[0].parameters["realm"] == "https://a.test/t?x=1,2")
        #expect(
            found[0].parameters["service"] == "s \"q\"" && found[0].parameters["scope"] == "repository:a:pull"
        )
        #expect(found[1].parameters == ["realm": "x"])
        for odd in ["=", ",,,", "\"", "Bearer realm=\"", "Bearer =x", "a=b", "Bearer realm"] {
            #expect(AuthChallenge.all(in: [odd]).count <= 2, "\(odd)")
        }
    }

    @Test(arguments: [
        ("8.8.8.8", AddressRange.global), ("127.0.0.1", .loopback), ("127.8.8.8", .loopback),
        ("10.0.0.1", .private), ("172.16.0.1", .private), ("172.32.0.1", .global), ("192.168.1.1", .private),
        ("100.64.0.1", .private), ("169.254.169.254", .linkLocal), ("0.0.0.0", .reserved),
        ("255.255.255.255", .reserved), ("::1", .loopback), ("::", .reserved), ("fe80::1", .linkLocal),
        ("fd00::1", .private), ("fd00:ec2::254", .reserved), ("ff02::1", .reserved), ("2001:db8::1", .global),
        ("::ffff:127.0.0.1", .loopback), ("::ffff:8.8.8.8", .global), ("::127.0.0.1", .loopback),
        ("64:ff9b::7f00:1", .loopback), ("2002:7f00:1::", .loopback),
    ])
    func `an address has the range that it leads to`(_ text: String, _ range: AddressRange) {
        #expect(AddressRange(text) == range)
    }

    @Test func `a URL is read once, and shown without its secrets`() throws {
        let url = try TransferURL("HTTPS://Registry.Test:443/v2/?token=secret")
        #expect(url.origin == "https://registry.test:443" && "\(url)" == "https://registry.test/v2/")
        #expect(try TransferURL("../x", relativeTo: url).path == "/x")
        #expect(try TransferURL("//other.test/y", relativeTo: url).origin == "https://other.test:443")
        #expect(try TransferURL("http://0x7f.1/").host == "127.0.0.1")
        for bad in [
            "", "x", "http://", "http://a b/", "gopher://a/", "http://u@h/", "http://u:p@h/", "http://h/\n",
        ] {
            #expect(throws: TransferError.self, "\(bad)") { try TransferURL(bad) }
        }
    }

    @Test func `pauses double up to a bound, are random below it, and obey the server within reason`() {
        let policy = RetryPolicy()
        #expect(policy.pause(after: 1, asked: nil, random: 0.5) == .milliseconds(250))
        #expect(policy.pause(after: 3, asked: nil, random: 0.5) == .seconds(1))
        #expect(policy.pause(after: 60, asked: nil, random: 0.999) <= .seconds(300))
        #expect(policy.pause(after: 1, asked: .seconds(7), random: 0.5) == .seconds(7))
        #expect(policy.pause(after: 1, asked: .seconds(100_000), random: 0) == .seconds(300))
    }

    @Test func `a credential file is read as its writers mean it`() throws {
        let shop = try Workshop()
        let path = try shop.write(
            Array(
                """
                {"auths": {
                  "registry.test:5000": {"auth": "YTox"},
                  "registry.test:5000/team": {"auth": "YToyOjM="},
                  "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
                  "token.test": {"auth": "", "identitytoken": "refresh"},
                  "odd.test": {"auth": "!"}
                }, "credHelpers": {"helper.test": "../../bin/sh"}, "HttpHeaders": {"x": "y"}}
                """.utf8
            ),
            to: "auth.json"
        )
        let file = try #require(try CredentialFile(path))
        #expect(try file.credentials(for: "registry.test:5000", "app") == .password(user: "a", password: "1"))
        #expect(
            try file.credentials(for: "registry.test:5000", "team/app")
                == .password(user: "a", password: "2:3")
        )
        #expect(
            try file.credentials(for: "registry.test:5000", "teams/app")
                == .password(user: "a", password: "1")
        )
        #expect(
            try file.credentials(for: "docker.io", "library/redis") == .password(user: "hub", password: "pw")
        )
        #expect(try file.credentials(for: "token.test", "a") == .refreshToken("refresh"))
        #expect(try file.credentials(for: "registry.test", "a") == nil)
        #expect(throws: ImageError.self) { try file.credentials(for: "odd.test", "a") }
        #expect(throws: ImageError.self) { try file.credentials(for: "helper.test", "a") }
        #expect(try CredentialFile(shop.path + "/absent") == nil)
    }

    @Test func `a credential helper is asked, and held to its time and its words`() throws {
        let shop = try Workshop()
        func helper(_ name: String, _ script: String) throws {
            try shop.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "docker-credential-\(name)")
            chmod(shop.path + "/docker-credential-\(name)", 0o755)
        }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        setenv("PATH", shop.path + ":" + path, 1)
        defer { setenv("PATH", path, 1) }
        try helper(
            "mtest-good",
            #"read -r server || true; [ "$1" = get ] && printf '{"ServerURL":"x","Username":"u","Secret":"%s"}' "$server""#
        )
        try helper("mtest-none", "echo 'credentials not found in native keychain'; exit 1")
        try helper("mtest-bad", "echo broken; exit 3")
        try helper("mtest-loud", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done")
        let good = try CredentialHelper("mtest-good").credentials(for: "registry.test")
        #expect(good == .password(user: "u", password: "registry.test"))
        // The protocol's way to say that it is an identity token.
        try helper("mtest-token", #"printf '{"Username":"<token>","Secret":"t"}'"#)
        #expect(try CredentialHelper("mtest-token").credentials(for: "registry.test") == .refreshToken("t"))
        #expect(try CredentialHelper("mtest-none").credentials(for: "registry.test") == nil)
        let bad = #expect(throws: ImageError.self) { try CredentialHelper("mtest-bad").credentials(for: "a") }
        #expect(bad?.description.contains("broken") == true)
        let loud = #expect(throws: ImageError.self) {
            try CredentialHelper("mtest-loud").credentials(for: "a")
        }
        #expect(loud?.description.contains("64 KiB") == true)
        #expect(throws: ImageError.self) { try CredentialHelper("mtest-absent").credentials(for: "a") }
    }
}
