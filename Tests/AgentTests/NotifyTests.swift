// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Desired
internal import Glibc
internal import Linux
internal import Probes
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Agent

/// What a container tells of itself: messages, what of them is news, and the socket.
@Suite struct NotifyTests {
    private func message(_ text: String) -> NotifyMessage? { NotifyMessage(Array(text.utf8)) }

    @Test func `a message says what sd_notify has words for, and the rest is passed over`() throws {
        let all = try #require(
            message("READY=1\nSTATUS=serves 7 clients\nMAINPID=1\nFDSTORE=1\nX_A=b\nWATCHDOG=1\nnothing\n")
        )
        #expect(all.isReady && all.isAlive && !all.isStopping && !all.isIll)
        #expect(all.status == "serves 7 clients" && all.watchdog == nil)
        let other = try #require(message("STOPPING=1\nWATCHDOG=trigger\nWATCHDOG_USEC=3000000"))
        #expect(other.isStopping && other.isIll && !other.isAlive && !other.isReady)
        #expect(other.watchdog == .seconds(3))
        #expect(message("READY=0\nWATCHDOG=2")?.isReady == false)
        #expect(message("READY=yes\nREADY") == message("BARRIER=1"))
    }

    @Test(arguments: [
        ("WATCHDOG_USEC=1", Duration.seconds(1)), ("WATCHDOG_USEC=99999999999999999", .seconds(86_400)),
    ])
    func `how often it says that it lives has bounds`(_ text: String, _ period: Duration) {
        #expect(message(text)?.watchdog == period)
    }

    @Test(arguments: [
        "WATCHDOG_USEC=0", "WATCHDOG_USEC=-5", "WATCHDOG_USEC=1s", "WATCHDOG_USEC=99999999999999999999",
    ])
    func `what is no time changes nothing`(_ text: String) throws {
        #expect(try #require(message(text)).watchdog == nil)
    }

    @Test func `a status is one line that does nothing to who prints it`() {
        #expect(message("STATUS=a\u{1b}[31m\tb \u{202e}c\r")?.status == "a [31m b c")
        #expect(message("STATUS=\u{9b}x\u{2028}y\u{200b}z")?.status == "x yz")
        #expect(NotifyMessage(Array("STATUS=".utf8) + [0xff, 0xfe, 0x41])?.status == "\u{fffd}\u{fffd}A")
        #expect(message("STATUS=" + String(repeating: "x", count: 4_000))?.status?.count == 200)
        let piled = "a" + String(repeating: "\u{301}", count: 1_500)
        #expect(message("STATUS=\(piled)")?.status?.unicodeScalars.count == 200)
        #expect(message("STATUS=one\nSTATUS=")?.status == "")
    }

    @Test func `what is no text or too long is no message`() {
        #expect(NotifyMessage([]) == nil)
        #expect(NotifyMessage([UInt8](repeating: 0x41, count: 4_097)) == nil)
        #expect(NotifyMessage(Array("READY=1".utf8) + [0]) == nil)
        #expect(NotifyMessage([UInt8](repeating: 0x41, count: 4_096)) != nil)
    }

    @Test func `readiness and ends are news at once, a status once a second, life never`() throws {
        let start = ContinuousClock.now
        var hearing = NotifyHearing()
        func take(_ text: String, at second: Double) throws {
            hearing.take(try #require(message(text)), now: start + .seconds(second))
        }
        func due(at second: Double) -> Duration? {
            hearing.newsDue(now: start + .seconds(second)).map { $0 - start }
        }
        #expect(due(at: 0) == nil)
        try take("STATUS=loading", at: 0)
        #expect(due(at: 0) == .zero)
        hearing.noteTold(now: start)
        try take("STATUS=loads", at: 0.25)
        #expect(due(at: 0.25) == .seconds(1) && due(at: 3) == .seconds(3))
        try take("WATCHDOG=1", at: 0.5)
        try take("READY=1", at: 0.5)
        #expect(due(at: 0.5) == .seconds(0.5))
        hearing.noteTold(now: start + .seconds(0.5))
        #expect(
            hearing.told == Told(isReady: true, status: "loads") && hearing.aliveAt == start + .seconds(0.5)
        )
        try take("WATCHDOG=1", at: 0.75)
        #expect(due(at: 0.75) == nil && hearing.aliveAt == start + .seconds(0.75))
        // It comes back to what is known.
        try take("STATUS=x", at: 0.75)
        try take("STATUS=loads", at: 0.75)
        #expect(due(at: 0.75) == nil)
        try take("WATCHDOG=trigger", at: 1)
        #expect(due(at: 1) == .seconds(1) && hearing.isIll)
        hearing.noteTold(now: start + .seconds(1))
        try take("STOPPING=1", at: 2)
        #expect(due(at: 2) == .seconds(2))
        // What an agent before has heard is none.
        #expect(NotifyHearing(hearing.told).newsDue(now: start) == nil)
    }

    /// A folder of the test's own, with a place in it.
    private func withPlace(_ body: (NotifyPlace, Folders) async throws -> Void) async throws {
        let folder = "/var/tmp/martlet-notify-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let folders = try Folders(state: "\(folder)/state", runtime: "\(folder)/run")
        try await body(NotifyPlace("a-web-1-0", in: folders), folders)
    }

    private func connect(_ folders: Folders) throws -> Descriptor {
        try .connect("\(folders.runtime)/notify/a-web-1-0/notify.sock", kind: Int32(SOCK_DGRAM.rawValue))
    }

    private func send(_ socket: Descriptor, _ bytes: [UInt8], files: [Int32] = []) -> Int {
        bytes.withUnsafeBytes {
            martlet_send_descriptors(socket.number, $0.baseAddress, $0.count, files, files.count)
        }
    }

    @Test func `a socket that is made anew is found at its place, and others' are swept`() async throws {
        try await withPlace { place, folders in
            let first = try place.make()
            let second = try place.make()
            let socket = try connect(folders)
            #expect(send(socket, Array("READY=1".utf8)) == 7)
            #expect(
                second.socket.wait(for: Int32(POLLIN), .zero) && !first.socket.wait(for: Int32(POLLIN), .zero)
            )
            // Whoever a container runs as may send; nobody else gets to it.
            let modes = try Shell.run("cd \(folders.runtime) && stat -c %a . notify notify/* notify/*/*")
            #expect(modes == "700\n700\n755\n666\n")
            try NotifyPlace.sweep(sparing: ["a-web-1-0"], in: folders)
            #expect(try Shell.run("ls \(folders.runtime)/notify") == "a-web-1-0\n")
            try NotifyPlace.sweep(sparing: [], in: folders)
            #expect(try Shell.run("ls \(folders.runtime)/notify") == "")
            try place.remove()
        }
    }

    @Test func `descriptors that come along are never ours, and what is no message is lost alone`()
        async throws
    {
        try await withPlace { place, folders in
            let made = try place.make()
            let news = Mutex(0)
            let listener = try NotifyListener(made.socket, known: Told()) { _ in news.withLock { $0 += 1 } }
            defer { listener.stop() }
            let socket = try connect(folders)
            var pipe: (read: Descriptor, write: Descriptor)? = try Descriptor.pipe()
            let read = try #require(pipe).read
            let files = [Int32](repeating: try #require(pipe).write.number, count: 253)
            for round in 0..<200 {
                let bad: [[UInt8]] = [
                    [UInt8](repeating: 0x41, count: 60_000), [0, 0], Array("FDSTORE=1".utf8),
                    Array("WATCHDOG=1".utf8),
                ]
                #expect(send(socket, bad[round % 4], files: files) >= 0)
            }
            #expect(send(socket, Array("READY=1\nSTATUS=x".utf8), files: files) > 0)
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while !listener.hearing.told.isReady || news.withLock({ $0 }) == 0 {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(listener.hearing.told == Told(isReady: true, status: "x"))
            #expect(news.withLock { $0 } == 1)
            // Of 201 times 253 copies of its other end none is left.
            pipe = nil
            #expect(read.wait(for: Int32(POLLIN), ForegroundRun.patience))
            #expect(try read.read(1).isEmpty)
        }
    }

    @Test func `what is said while nobody listens is heard by the next one`() async throws {
        try await withPlace { place, folders in
            let made = try place.make()
            let socket = try connect(folders)
            #expect(send(socket, Array("STATUS=before".utf8)) > 0 && send(socket, Array("READY=1".utf8)) > 0)
            let next = try NotifyListener(made.socket, known: Told(status: "of old")) { _ in }
            defer { next.stop() }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while next.hearing.told != Told(isReady: true, status: "before") {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    // MARK: What follows

    @Test func `who is to say that it is ready is not before, whatever else is asked`() {
        let probe = Probe(.tcp(port: 80), failAfter: 1)
        let inquiry = Inquiry(
            probes: Probes(readiness: probe),
            notification: Notification(watchdog: .seconds(5))
        )
        var health = Health(inquiry, isPresumed: false, hasStarted: false, now: 0)
        func tell(_ part: Health.Part, _ answer: ProbeAnswer) {
            health.record(part, answer, age: .zero, now: (1, .now))
        }
        #expect(inquiry.decides && Inquiry(notification: Notification()).decides)
        tell(.readiness, .success)
        #expect(health.state == .starting && !health.isReady && !health.isHopeless)
        tell(.notify, .success)
        #expect(health.state == .healthy && health.isReady)
        tell(.notify, .failure("no WATCHDOG=1 for 5.0 seconds"))
        #expect(health.state == .unhealthy && health.isUnready && health.isHopeless)
        #expect(health.complaint == "notify: no WATCHDOG=1 for 5.0 seconds")
        let known = Health(inquiry, isPresumed: true, hasStarted: true, hasSaidSo: true, now: 0)
        #expect(known.standings[.notify]?.state == .healthy)
    }
}
