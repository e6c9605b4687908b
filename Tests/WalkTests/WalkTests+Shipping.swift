// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit
internal import Testing

/// A receiver of syslog over TCP that keeps of each message its last word, a line each.
final class OctetReceiver: Sendable {
    private final class Words: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    private let words = Words()
    private let server: LoopbackServer

    init(port: UInt16 = 0) throws {
        let words = words
        server = try LoopbackServer(port: port) { socket in
            var rest: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = Glibc.read(socket.number, &buffer, buffer.count)
                if count <= 0 { return }
                rest += buffer[0..<count]
                var found: [UInt8] = []
                let used = rest.withUnsafeBytes { Self.take($0, to: &found) }
                rest.removeFirst(used)
                words.bytes.withLock { $0 += found }
            }
        }
    }

    var port: UInt16 { server.port }

    /// The last words of whole messages (RFC 6587, 3.4.1); how many bytes those had.
    private static func take(_ bytes: UnsafeRawBufferPointer, to words: inout [UInt8]) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var offset = 0
        while let space = memchr(base + offset, 0x20, bytes.count - offset) {
            let start = base.distance(to: UnsafeRawPointer(space)) + 1
            var length = 0
            for index in offset..<start - 1 { length = length * 10 + Int(bytes[index] & 15) }
            guard start + length <= bytes.count else { break }
            let message = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
            let word = message.lastIndex(of: 0x20).map { $0 + 1 } ?? 0
            words += message[word...]
            words.append(0x0A)
            offset = start + length
        }
        return offset
    }

    /// All of them, of connections that follow each other.
    var text: [UInt8] { words.bytes.withLock { $0 } }

    /// Whether the last of them is what the writer says at its end.
    var isOver: Bool {
        words.bytes.withLock { text in
            let last = text.dropLast().suffix(32)
            return last[(last.lastIndex(of: 0x0A).map { $0 + 1 } ?? last.startIndex)...].starts(
                with: "end".utf8
            )
        }
    }

    /// How many there are.
    var count: Int { words.bytes.withLock { text in text.withUnsafeBytes { Lines($0).count } } }
}

/// Lines in bytes, of which there may be millions.
private struct Lines: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: Int { reduce(0) { count, _ in count + 1 } }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard offset < bytes.count, let base = bytes.baseAddress else { return nil }
        let found = memchr(base + offset, 0x0A, bytes.count - offset)
        let end = found.map { base.distance(to: UnsafeRawPointer($0)) } ?? bytes.count
        defer { offset = end + 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }
}

/// What a writer wrote that counts: numbers from 1, between them at times `tSECONDS` when it was, at last `endNEXT`.
private struct Count {
    /// Numbers that were the next.
    private(set) var next = 1
    /// Those that were not.
    private(set) var astray = 0
    private(set) var lines = 0
    private(set) var end: Int?
    private var first: Double?
    private var last: Double?
    private(set) var stall = 0.0

    init(_ text: [UInt8]) {
        text.withUnsafeBytes { bytes in for line in Lines(bytes) { take(line) } }
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) {
        lines += 1
        switch line.first {
        case UInt8(ascii: "t"):
            guard let time = Double(String(decoding: line.dropFirst(), as: UTF8.self)) else { return }
            if let last { stall = max(stall, time - last) }
            (first, last) = (first ?? time, time)
        case UInt8(ascii: "e"): end = Int(String(decoding: line.dropFirst(3), as: UTF8.self))
        default:
            var number = 0
            for byte in line { number = number * 10 + Int(byte & 15) }
            if number == next { next += 1 } else { astray += 1 }
        }
    }

    /// `N lines at R a second, longest gap between two writes S ms`.
    var description: String {
        let seconds = (last ?? 0) - (first ?? 0)
        let rate = seconds > 0 ? Int(Double(next - 1) / seconds) : 0
        return "\(next - 1) lines at \(rate) a second, longest gap between two writes \(Int(stall * 1000)) ms"
    }
}

extension Walk {
    /// The lines of `martlet logs` without the name in front, as bytes.
    fileprivate func text(of target: String) throws -> [UInt8] {
        try Shell.run(
            "\(Self.martlet) logs --runtime-dir \(folder)/run \(target) | sed 's/^[^|]*| //' >\(folder)/text"
        )
        return try Descriptor.open("\(folder)/text", O_RDONLY).readAll(limit: 1 << 30)
    }
}

extension WalkTests {
    @Test func `kills of the agent lose, repeat and misplace no line, and a sink gets them all`() async throws
    {
        let kills = getenv("MARTLET_SOAK") == nil ? 10 : 50
        try await withWalk { walk in
            try await walk.importBusybox()
            let receiver = try OctetReceiver()
            let node = try walk.file(
                "format: 1\nsinks:\n  far: { syslog: { url: \"tcp://127.0.0.1:\(receiver.port)\" } }\n",
                "node.yaml"
            )
            // 20,000 lines a second, by 250; each time the time, to see how long a write was held up.
            let script =
                "read s _ </proc/uptime; s=$${s%.*}$${s#*.}; i=1; while [ ! -e /control/stop ]; do read u _ </proc/uptime; if [ $$i -le $$((($${u%.*}$${u#*.} - s) * 200)) ]; then seq $$i $$((i+249)); i=$$((i+250)); echo t$$u; else usleep 2000; fi; done; echo end$$i; sleep 1000"
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            var agent = try await walk.agent(["--node", node])
            try await walk.apply(
                """
                name: busy
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "\(script)"]
                    volumes: ["\(walk.folder)/control:/control:ro"]
                    stop_grace_period: 0s
                """
            )
            let pids = try await walk.pids()
            for kill in 0..<kills {
                try await Task.sleep(for: .milliseconds(100 + 37 * (kill % 7)))
                agent.kill()
                agent = try await walk.agent(["--node", node])
            }
            #expect(try await walk.pids() == pids)
            try Shell.run("touch \(walk.folder)/control/stop")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while !receiver.isOver {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            let kept = Count(try walk.text(of: "busy/writer"))
            #expect(kept.astray == 0 && kept.end == kept.next)
            // A batch may come twice at a kill, as the agent was killed before it knew that the first had come.
            let sent = Count(receiver.text)
            #expect(sent.next == kept.next)
            print(
                "\(kills) kills of the agent: \(kept.description); \(sent.lines - kept.lines) of \(sent.lines) were sent twice"
            )
            let status = try await walk.martlet("status", with: ["--json"])
            #expect(status.output.contains("\"delivery\":\"tcp-acked\""), "\(status.output)")
            try await walk.down("busy")
            try await walk.end(agent)
        }
    }

    /// As much as 10,000 lines a second, for 5 minutes under soak.
    @Test func `a sink that is dead holds up neither another nor the container, and gets everything at last`()
        async throws
    {
        let seconds = getenv("MARTLET_SOAK") == nil ? 8 : 300
        try await withWalk { walk in
            try await walk.importBusybox()
            let live = try OctetReceiver(), dead = try LoopbackServer.freePort()
            let node = try walk.file(
                """
                format: 1
                sinks:
                  dead: { syslog: { url: "tcp://127.0.0.1:\(dead)" } }
                  live: { syslog: { url: "tcp://127.0.0.1:\(live.port)" } }
                """,
                "node.yaml"
            )
            // Each time the time, to see how long a write was held up.
            let script =
                "i=1; n=0; while [ $$n -lt \(seconds * 40) ]; do seq $$i $$((i+249)); i=$$((i+250)); n=$$((n+1)); read u _ </proc/uptime; echo t$$u; usleep 22000; done; echo end$$i; sleep 1000"
            let agent = try await walk.agent(["--node", node])
            try await walk.apply(
                """
                name: busy
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "\(script)"]
                    stop_grace_period: 0s
                    x-martlet: { logs: { keep: { size: 2G } } }
                """
            )
            func status() async throws -> [String: SinkStatus] {
                let status = try await walk.martlet("status", with: ["--json"])
                let node = try JSONDecoder().decode(NodeStatus.self, from: Data(status.output.utf8))
                return Dictionary(uniqueKeysWithValues: node.sinks.map { ($0.name, $0) })
            }
            var lag = 0.0, memory: [Int] = []
            let deadline = ContinuousClock.now + .seconds(seconds) + ForegroundRun.patience
            while !live.isOver {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                let sinks = try await status()
                lag = max(lag, sinks["live"]?.lagSeconds ?? 0)
                memory.append(try walk.ownUse().memory)
                #expect(sinks["live"]?.state == "ok")
                try await Task.sleep(for: .milliseconds(500))
            }
            let before = try await status()
            #expect(before["dead"]?.state == "failing" && before["dead"]?.linesOut == 0)
            let text = try walk.text(of: "busy/writer"), kept = Count(text)
            #expect(kept.astray == 0 && kept.end == kept.next)
            #expect(before["dead"]?.lagLines == UInt64(kept.lines))
            // Its receiver is there now: everything comes, in order and once.
            let late = try OctetReceiver(port: dead)
            while !late.isOver {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(live.text == text)
            #expect(late.text == text)
            print(
                "a dead sink for \(seconds) s: \(kept.description), the other lags \(lag) s at most, memory of all processes from \((memory.min() ?? 0) >> 10) to \((memory.max() ?? 0) >> 10) MiB"
            )
            try await walk.down("busy")
            try await walk.end(agent)
        }
    }

    @Test func `what a small spool drops while its sink is dead is counted to the line`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let dead = try LoopbackServer.freePort()
            let node = try walk.file(
                "format: 1\nsinks: { dead: { syslog: { url: \"tcp://127.0.0.1:\(dead)\" } } }\n",
                "node.yaml"
            )
            let count = 400_000
            let agent = try await walk.agent(["--node", node])
            try await walk.apply(
                """
                name: busy
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "seq 1 \(count); echo end\(count + 1); sleep 1000"]
                    stop_grace_period: 0s
                    x-martlet: { logs: { keep: { size: 1M } } }
                """
            )
            func status() async throws -> SinkStatus {
                let status = try await walk.martlet("status", with: ["--json"])
                return try #require(
                    try JSONDecoder().decode(NodeStatus.self, from: Data(status.output.utf8)).sinks.first
                )
            }
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while !(try walk.text(of: "busy/writer").suffix(16).contains(UInt8(ascii: "e"))) {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(100))
            }
            let late = try OctetReceiver(port: dead)
            while !late.isOver {
                try #require(ContinuousClock.now < deadline, "\(agent.shown)")
                try await Task.sleep(for: .milliseconds(50))
            }
            // What is told of the gap is a message, too.
            let sent = late.text.withUnsafeBytes { bytes in
                Lines(bytes).filter { $0.first.map { $0 < 0x3A || $0 == UInt8(ascii: "e") } ?? false }.count
            }
            var now = try await status()
            while now.lagLines > 0 {
                try #require(ContinuousClock.now < deadline, "\(now)")
                try await Task.sleep(for: .milliseconds(50))
                now = try await status()
            }
            let dropped = now.dropped.values.reduce(0, +)
            #expect(dropped > 0 && dropped == UInt64(count + 1 - sent), "\(now), received \(sent)")
            print(
                "a spool of 1 MiB: \(count + 1) lines written, \(sent) received, \(dropped) counted as dropped"
            )
            try await walk.down("busy")
            try await walk.end(agent)
        }
    }
}
