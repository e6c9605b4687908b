// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// What a verb does about an output that does not take what it says.
@Suite struct OutputTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/martlet-test-\(getpid())-output-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -m 700 \(folder)")
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try body(folder)
    }

    @Test func `a disk that is full is a failure, and a token that nobody saw is none`() throws {
        try withFolder { folder in
            let new = "\(Command.program) token new --file \(folder)/tokens --role read ci"
            let full = try Shell.run("\(new) 2>&1 >/dev/full || echo $?")
            #expect(full == "martlet: write the output: no space left on device (ENOSPC)\n1\n")
            #expect(try Shell.run("cat \(folder)/tokens") == "")
            #expect(try Shell.run(new).hasPrefix("martlet_"))
        }
    }

    @Test func `an output that does not block is waited for`() throws {
        try withFolder { folder in
            try Shell.run(
                "for i in $(seq 1000); do printf 'name-%s read never sha256:%064x\\n' $i $i; done >\(folder)/tokens; chmod 600 \(folder)/tokens"
            )
            let read = """
                import fcntl, os, subprocess, sys, termios, array
                r, w = os.pipe(); os.set_blocking(w, False); fcntl.fcntl(w, 1031, 4096)  # F_SETPIPE_SZ
                run = subprocess.Popen(sys.argv[1:], stdout=w); os.close(w)
                held = array.array("i", [0])
                while held[0] < 4000 and run.poll() is None: fcntl.ioctl(r, termios.FIONREAD, held)
                try: run.wait(1)  # it must not: nobody has read
                except subprocess.TimeoutExpired: pass
                print(len(os.fdopen(r).readlines()), run.wait())
                """
            let count = try Shell.run(
                "python3 -c '\(read)' \(Command.program) token ls --file \(folder)/tokens"
            )
            #expect(count == "1001 0\n")
        }
    }
}
