// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import Testing

@testable internal import Intake

/// Signatures of Debian's ssh-keygen, read by us.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct SignatureTests {
    private static let now: Int64 = 1_800_000_000  // January 2027

    /// Who signed `state`, or why that does not count.
    private func verdict(_ scratch: Scratch, _ file: String = "state", now: Int64 = now) throws -> String {
        let signers = Signers(
            path: "\(scratch.path)/allowed",
            namespace: Signers.state,
            clock: GuardedClock { now }
        )
        do throws(IntakeError) {
            return try signers.signer(
                of: try scratchBytes(scratch, file),
                by: try? scratch.bytes("\(file).sig"),
                subject: file
            )
        } catch {
            return "\(error)"
        }
    }

    private func scratchBytes(_ scratch: Scratch, _ name: String) throws(IntakeError) -> [UInt8] {
        guard let bytes = try? scratch.bytes(name) else { throw IntakeError(.refused, name, "no such file") }
        return bytes
    }

    @Test(arguments: [
        "-t ed25519", "-t ecdsa -b 256", "-t ecdsa -b 384", "-t rsa -b 3072", "-t rsa -b 4096",
    ])
    func `what ssh-keygen signs is by its signer`(_ type: String) throws {
        let scratch = try Scratch()
        try scratch.write("name: clickme\n", to: "state")
        try scratch.key("key", type)
        try scratch.allow("# of the team", "", "ops@example.net,two namespaces=\"martlet-*,git\" @key")
        for hash in ["sha512", "sha256"] {
            try scratch.sign("state", "key", "-O hashalg=\(hash)")
            #expect(try verdict(scratch) == "ops@example.net,two")
        }
        // Every bit of it counts, in what was signed and in the signature.
        let armoured = try scratch.bytes("state.sig")
        let signers = Signers(
            path: "\(scratch.path)/allowed",
            namespace: Signers.state,
            clock: GuardedClock { Self.now }
        )
        var taken = 0
        for index in stride(from: 0, to: armoured.count, by: max(1, armoured.count / 60)) {
            var changed = armoured
            changed[index] ^= 1
            if (try? signers.signer(of: scratch.bytes("state"), by: changed, subject: "")) != nil {
                taken += 1
            }
        }
        #expect(taken == 0)
    }

    @Test func `a file of signers whose lines end as on Windows names them all`() throws {
        let scratch = try Scratch()
        try scratch.write("name: clickme\n", to: "state")
        for key in ["first", "key"] { try scratch.key(key, "-t ed25519") }
        try scratch.allow("one @first", "# between", "ops @key")
        try scratch.run("sed -i 's/$/\\r/' allowed")
        for (key, name) in [("first", "one"), ("key", "ops")] {
            try scratch.sign("state", key)
            #expect(try verdict(scratch) == name)
        }
    }

    @Test func `a key whose time was seen to be over stays so when the clock goes back`() throws {
        let scratch = try Scratch()
        try scratch.write("name: clickme\n", to: "state")
        try scratch.key("key", "-t ed25519")
        try scratch.allow("ops valid-before=\"20270101Z\" @key")
        try scratch.sign("state", "key")
        let time = Mutex<Int64>(1_790_000_000)
        let clock = GuardedClock { time.withLock { $0 } }
        let signers = Signers(path: "\(scratch.path)/allowed", namespace: Signers.state, clock: clock)
        func signer() throws -> String? {
            let (bytes, signature) = (try scratch.bytes("state"), try scratch.bytes("state.sig"))
            return try? signers.signer(of: bytes, by: signature, subject: "state")
        }
        #expect(try signer() == "ops")
        time.withLock { $0 = Self.now }
        #expect(try signer() == nil)
        time.withLock { $0 = 1_790_000_000 }
        #expect(try signer() == nil)
        #expect(clock.now == 1_798_761_600)
    }

    @Test(arguments: [
        ("rm state.sig", "state: not signed: sign it with `ssh-keygen -Y sign -n martlet-state -f KEY`"),
        ("ssh-keygen -q -Y sign -n martlet-state -f other state", "is not in"),
        ("ssh-keygen -q -Y sign -n file -f key state", "signed for 'file': sign it with -n martlet-state"),
        ("ssh-keygen -q -Y sign -n git -f key state", "signed for 'git'"),
        (
            "echo older >older; ssh-keygen -q -Y sign -n martlet-state -f key older; mv older.sig state.sig",
            "of other bytes"
        ),
        ("printf x >>state", "of other bytes"), ("sed -i 's/$/\\r/' state", "of other bytes"),
        (": >state", "of other bytes"), (": >state.sig", "not a signature of SSH"),
        ("echo more >>state.sig", "not a signature of SSH"),
        ("sed -i 's/$/\\r/' state.sig", "not a signature of SSH"),
        ("(echo before; cat state.sig) >x; mv x state.sig", "not a signature of SSH"),
        ("cat state.sig state.sig >x; mv x state.sig", "not a signature of SSH"),
        ("cp key.pub state.sig", "not a signature of SSH"), ("cp key state.sig", "not a signature of SSH"),
        ("head -c 100 state.sig >x; mv x state.sig", "not a signature of SSH"),
        ("head -c 70000 /dev/zero >state.sig", "not a signature of SSH"),
        ("ssh-keygen -q -Y sign -n martlet-state -f small state", "RSA key of 2048 bits"),
        ("ssh-keygen -q -Y sign -n martlet-state -f p521 state", "ecdsa-sha2-nistp521 are not supported"),
        ("chmod o+w allowed", "others can write to it"), ("rm allowed", "no such file or directory"),
        ("sed -i 's/ ssh-/ cert-authority ssh-/' allowed", "allowed:1: cert-authority is not supported"),
        ("sed -i 's/ ssh-/ verify-required ssh-/' allowed", "option 'verify-required' is not known"),
        (
            "sed -i 's/ ssh-/ namespaces=\"git,file\" ssh-/' allowed",
            "may sign for git,file, not for martlet-state"
        ),
        ("sed -i 's/ ssh-/ namespaces=\"*,!martlet-state\" ssh-/' allowed", "not for martlet-state"),
        ("sed -i 's/ ssh-/ valid-before=\"20261231\" ssh-/' allowed", "is not valid any more"),
        ("sed -i 's/ ssh-/ valid-before=\"20270115080000Z\" ssh-/' allowed", "is not valid any more"),
        ("sed -i 's/ ssh-/ valid-after=\"20270131\" ssh-/' allowed", "is not valid yet"),
        ("sed -i 's/ ssh-/ valid-after=\"20271331\" ssh-/' allowed", "is not a time"),
        ("sed -i 's/ ssh-/ valid-after=\"soon\" ssh-/' allowed", "is not a time"),
        ("sed -i 's/ ssh-/ namespaces=\"git ssh-/' allowed", "a quote is not closed"),
        ("echo nobody >>allowed", "allowed:2: not an allowed signer"),
        ("echo 'a ssh-ed25519 AAAA' >>allowed", "allowed:2: not a public key"),
        ("printf '\\377\\n' >>allowed", "not UTF-8"),
    ])
    func `what is not signed right is refused with the reason`(_ script: String, _ words: String) throws {
        let scratch = try Scratch()
        try scratch.write("name: clickme\n", to: "state")
        try scratch.key("key")
        for (name, type) in [
            ("other", "-t ed25519"), ("small", "-t rsa -b 2048"), ("p521", "-t ecdsa -b 521"),
        ] where script.contains("-f \(name)") {
            try scratch.key(name, type)
        }
        try scratch.allow("ops @key")
        try scratch.sign("state", "key")
        #expect(try verdict(scratch) == "ops")
        if script.contains("-Y sign"), !script.contains("older") { try scratch.run("rm state.sig") }
        try scratch.run(script)
        let verdict = try verdict(scratch)
        #expect(verdict.contains(words), "\(verdict)")
    }

    @Test func `one key may stand in several lines`() throws {
        let scratch = try Scratch()
        try scratch.write("name: clickme\n", to: "state")
        try scratch.key("key")
        try scratch.sign("state", "key")
        try scratch.allow("old valid-before=\"20200101Z\" @key", "new valid-after=\"20200101Z\" @key")
        #expect(try verdict(scratch) == "new")
        #expect(try verdict(scratch, now: 1_500_000_000) == "old")
    }

    @Test func `SHA-1 and SHA-256 of RSA are not taken`() throws {
        let scratch = try Scratch()
        try scratch.key("key", "-t rsa -b 3072")
        try scratch.run("awk '{print $2}' key.pub | base64 -d >blob")
        let key = try SSHKey(scratch.bytes("blob"))
        for algorithm in ["ssh-rsa", "rsa-sha2-256"] {
            let blob = SSHReader.written(Array(algorithm.utf8)) + SSHReader.written([1, 2, 3])
            #expect(throws: SSHKey.Fault.self) { try key.verifies(blob, of: []) }
        }
        #expect(try !key.verifies([1, 2, 3], of: []))
    }
}
