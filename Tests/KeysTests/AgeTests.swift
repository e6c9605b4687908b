// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Keys

/// The age reader against Debian's age: what that writes is read, and what that refuses is refused.
@Suite struct AgeTests {
    /// A folder with three keys, `a`, `b` and `c`, of which the first is ours.
    private final class Desk {
        let path: String
        var ours: [AgeIdentity] = []

        init() throws {
            path = "/var/tmp/martlet-age-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            try run(
                "for key in a b c; do age-keygen -o $key 2>$key.out; sed -n 's/^Public key: //p' $key.out >$key.pub; done"
            )
            ours = try identities("a")
        }

        deinit { _ = try? Shell.run("rm -rf \(path)") }

        @discardableResult
        func run(_ script: String) throws -> String {
            try Shell.run("set -e; mkdir -p \(path); cd \(path)\n\(script)")
        }

        func bytes(_ name: String) throws -> [UInt8] {
            try Descriptor.open("\(path)/\(name)", O_RDONLY).readAll(limit: 64 << 20)
        }

        func write(_ bytes: [UInt8], _ name: String) throws {
            try Descriptor.open("\(path)/\(name)", O_CREAT | O_TRUNC | O_WRONLY, mode: 0o600).write(bytes)
        }

        func identities(_ name: String) throws -> [AgeIdentity] {
            try AgeIdentity.read(try bytes(name).withUnsafeBytes { SecretContent($0) })
        }

        /// Whether age itself reads a file with our key.
        func ageReads(_ file: [UInt8]) throws -> Bool {
            try write(file, "judged")
            return try run("age -d -i a judged >/dev/null 2>&1 && echo yes || echo no") == "yes\n"
        }
    }

    private static func read(_ file: [UInt8], _ identities: [AgeIdentity], limit: Int = 1 << 20)
        throws(AgeFault)
        -> [UInt8]
    {
        try AgeFile(file).content(for: identities, limit: limit).withBytes { Array($0) }
    }

    @Test(
        arguments: [0, 1, 15, 16, 64 << 10 - 1, 64 << 10, 64 << 10 + 1, 128 << 10, 300_000],
        ["", "--armor"]
    )
    func `what age writes is read`(_ size: Int, _ form: String) throws {
        let desk = try Desk()
        try desk.run("head -c \(size) /dev/urandom >plain; age \(form) -r $(cat a.pub) -o file plain")
        let (file, plain) = (try desk.bytes("file"), try desk.bytes("plain"))
        #expect(try Self.read(file, desk.ours) == plain)
        #expect(AgeFile.isOne(file) && !AgeFile.isOne(plain))
    }

    @Test func `one of several recipients is enough, and a stranger gets nothing`() throws {
        let desk = try Desk()
        try desk.run("echo word >plain; age -r $(cat b.pub) -r $(cat a.pub) -r $(cat c.pub) -o file plain")
        let file = try desk.bytes("file")
        for key in ["a", "b", "c"] {
            #expect(try Self.read(file, desk.identities(key)) == Array("word\n".utf8))
        }
        try desk.run("cat b c >both; age -r $(cat b.pub) -o other plain; age -r $(cat c.pub) -o third plain")
        let both = try desk.identities("both")
        #expect(both.count == 2)
        #expect(try Self.read(desk.bytes("third"), both) == Array("word\n".utf8))
        #expect(throws: AgeFault.stranger) { try Self.read(desk.bytes("other"), desk.ours) }
    }

    @Test func `no damaged byte, and no missing one, goes unseen`() throws {
        let desk = try Desk()
        // Two chunks and a half.
        try desk.run("head -c 160000 /dev/urandom >plain; age -r $(cat a.pub) -o file plain")
        let file = try desk.bytes("file")
        let header = try AgeHeader(file).length
        let chunk = 64 << 10 + 16
        let places =
            Array(0..<(header + 17)) + [header + 16 + chunk - 1, header + 16 + chunk, file.count - 1]
        for place in places {
            for bit in [UInt8(1), 0x80] {
                var damaged = file
                damaged[place] ^= bit
                #expect(throws: AgeFault.self, "byte \(place)") { try Self.read(damaged, desk.ours) }
            }
        }
        let ends =
            Array(0...header) + [header + 16, header + 16 + chunk, header + 16 + 2 * chunk, file.count - 1]
        for end in ends {
            #expect(throws: AgeFault.self, "\(end) bytes") { try Self.read(Array(file[..<end]), desk.ours) }
        }
        #expect(throws: AgeFault.self) { try Self.read(file + [0], desk.ours) }
        // Chunks that changed places, one that is there twice, one that is left out.
        let first = header + 16..<header + 16 + chunk, second = header + 16 + chunk..<header + 16 + 2 * chunk
        let rest = file[second.upperBound...]
        for order in [[second, first], [first, first], [first], [second], []] {
            let shuffled = Array(file[..<first.lowerBound]) + order.flatMap { Array(file[$0]) } + rest
            #expect(throws: AgeFault.damaged) { try Self.read(shuffled, desk.ours) }
        }
    }

    @Test(arguments: [
        // The form of the header, which age reads as strictly.
        ("s/^-> X25519 .*/& /", false), ("s/^-> X25519/-> X25519  /", false),
        ("s/^-> X25519/->  X25519/", false),
        ("s/^---/--/", false), ("s/$/\\r/", false), ("1s/v1/v2/", false), ("1s/^/ /", false),
        ("s/^--- /---/", false),
        ("2a-> X25519", false), ("2s/ [^ ]*$/ AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/", false),
        ("3s/..$//", false), ("3s/$/=/", false), ("s/none/none/", true),
    ])
    func `a header is judged as age does`(_ change: String, _ isFine: Bool) throws {
        let desk = try Desk()
        // Without a line feed in its payload sed leaves it as it is.
        try desk.run(
            """
            printf word >plain
            while :; do age -r $(cat a.pub) -o file plain; [ "$(tail -n +5 file | tr -dc '\\n\\0' | wc -c)" = 0 ] && break; done
            head -n 4 file | sed '\(change)' >changed; tail -n +5 file >>changed
            """
        )
        let file = try desk.bytes("changed")
        #expect(try desk.ageReads(file) == isFine)
        if isFine {
            #expect(try Self.read(file, desk.ours) == Array("word".utf8))
        } else {
            #expect(throws: AgeFault.self) { try Self.read(file, desk.ours) }
        }
    }

    @Test(arguments: [
        ("cat armored", true), ("cat armored; printf '\\n\\n'", true), ("printf '\\n'; cat armored", false),
        ("sed 's/$/\\r/' armored", true),
        ("sed '$d' armored", false), ("sed '2s/.$//' armored", false), ("sed '2s/^/ /' armored", false),
        ("cat armored; echo more", false), ("sed '2s/^...../&*/' armored", false),
        ("sed '1s/-$//' armored", false),
        ("sed '3q' armored", false), ("head -c 20 armored", false),
    ])
    func `an armor is judged as age does`(_ script: String, _ isFine: Bool) throws {
        let desk = try Desk()
        try desk.run(
            "head -c 200 /dev/zero >plain; age -a -r $(cat a.pub) -o armored plain; (\(script)) >changed"
        )
        let file = try desk.bytes("changed")
        #expect(try desk.ageReads(file) == isFine)
        if isFine {
            #expect(try Self.read(file, desk.ours) == [UInt8](repeating: 0, count: 200))
        } else {
            #expect(throws: AgeFault.self) { try Self.read(file, desk.ours) }
        }
    }

    @Test func `other kinds of recipients are passed over, and a passphrase is none of ours`() throws {
        let desk = try Desk()
        try desk.run(
            "ssh-keygen -q -t ed25519 -N '' -f ssh; echo word >plain; age -R ssh.pub -r $(cat a.pub) -o file plain; age -R ssh.pub -o foreign plain"
        )
        #expect(try Self.read(desk.bytes("file"), desk.ours) == Array("word\n".utf8))
        #expect(throws: AgeFault.stranger) { try Self.read(desk.bytes("foreign"), desk.ours) }
        let mixed = try desk.bytes("file").split(separator: 0x0a, maxSplits: 1).map(Array.init)
        let scrypt = mixed[0] + Array("\n-> scrypt c2FsdHNhbHRzYWx0c2E 10\nAAAA\n".utf8) + mixed[1]
        #expect(throws: AgeFault.self) { try Self.read(scrypt, desk.ours) }
    }

    @Test func `bounds hold before memory is taken`() throws {
        let desk = try Desk()
        try desk.run("head -c 2000 /dev/zero >plain; age -r $(cat a.pub) -o file plain")
        let file = try desk.bytes("file")
        #expect(throws: AgeFault.size(1_999)) { try Self.read(file, desk.ours, limit: 1_999) }
        #expect(try Self.read(file, desk.ours, limit: 2_000).count == 2_000)
        let stanza = Array("-> X25519 AAAA\nAAAA\n".utf8)
        let many = Array("age-encryption.org/v1\n".utf8) + (0..<300).flatMap { _ in stanza }
        #expect(throws: AgeFault.self) { try AgeFile(many) }
        let long = Array("age-encryption.org/v1\n-> ".utf8) + [UInt8](repeating: 0x41, count: 100_000)
        #expect(throws: AgeFault.self) { try AgeFile(long) }
        #expect(throws: AgeFault.foreign) { try AgeFile([]) }
        #expect(throws: AgeFault.foreign) { try AgeFile(Array("age-encryption.org/v10\n".utf8)) }
    }

    @Test(arguments: [
        "", "# only a comment\n", "AGE-SECRET-KEY-1", "age-secret-key-1qqqqqqqq\n", "hello\n",
        "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ\n",
        "AGE-SECRET-KEY-1\u{0}\n",
    ])
    func `what is no identity is refused`(_ text: String) {
        #expect(throws: AgeFault.self) {
            try AgeIdentity.read(Array(text.utf8).withUnsafeBytes { SecretContent($0) })
        }
    }

    @Test func `each wrong letter of an identity is seen`() throws {
        let desk = try Desk()
        let line = try desk.bytes("a").split(separator: 0x0a).map(Array.init).last ?? []
        #expect(line.starts(with: "AGE-SECRET-KEY-1".utf8))
        for place in 16..<line.count {
            var wrong = line
            wrong[place] = wrong[place] == UInt8(ascii: "Q") ? UInt8(ascii: "P") : UInt8(ascii: "Q")
            #expect(throws: AgeFault.self) {
                try AgeIdentity.read(wrong.withUnsafeBytes { SecretContent($0) })
            }
        }
        let error = #expect(throws: AgeFault.self) {
            try AgeIdentity.read(line.dropLast().withUnsafeBytes { SecretContent($0) })
        }
        #expect(!"\(String(describing: error))".contains(String(decoding: line[16...30], as: UTF8.self)))
    }

    @Test func `random bytes and random changes end in a fault or in the content`() throws {
        let desk = try Desk()
        try desk.run(
            "printf word >plain; age -a -r $(cat a.pub) -o armored plain; age -r $(cat a.pub) -o file plain"
        )
        var generator = SeededGenerator(seed: 25)
        for seed in [try desk.bytes("armored"), try desk.bytes("file")] {
            for _ in 0..<2_000 {
                var file = seed
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: file.indices, using: &generator)
                    switch Int.random(in: 0...2, using: &generator) {
                    case 0: file[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: file.remove(at: place)
                    default: file.insert(UInt8.random(in: 0...127, using: &generator), at: place)
                    }
                }
                do throws(AgeFault) {
                    #expect(try Self.read(file, desk.ours) == Array("word".utf8))
                } catch {
                    #expect(!"\(error)".contains("word"))
                }
            }
        }
    }

    @Test func `a keyed hash is the HMAC of RFC 4231`() throws {
        let key = [UInt8](repeating: 0x0b, count: 20).withUnsafeBytes { SecretContent($0) }
        let content = Array("Hi There".utf8).withUnsafeBytes { SecretContent($0) }
        #expect(
            KeyedHash(key: key).hex(content)
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        )
        #expect("\(content)" == "(secret)")
    }
}
