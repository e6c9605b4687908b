// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Sinks
internal import Synchronization
internal import TestKit
internal import Transfer

/// From a container's write to the moment at which a receiver of syslog on this machine has the line.
enum Latency {
    private final class Delays: Sendable { let all = Mutex<[UInt64]>([]) }

    static func measure(rate: Int, seconds: Int = 5) throws {
        let delays = Delays()
        let server = try LoopbackServer { socket in
            var rest: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = Glibc.read(socket.number, &buffer, buffer.count)
                if count <= 0 { return }
                let now = Self.now
                rest += buffer[0..<count]
                var found: [UInt64] = [], offset = 0
                // Each line holds `~NANOSECONDS~`.
                while let start = rest[offset...].firstIndex(of: 126),
                    let end = rest[(start + 1)...].firstIndex(of: 126)
                {
                    if let then = UInt64(String(decoding: rest[start + 1..<end], as: UTF8.self)) {
                        found.append(now - then)
                    }
                    offset = end + 1
                }
                rest.removeFirst(offset)
                delays.all.withLock { $0 += found }
            }
        }
        let scratch = try Scratch()
        let spool = try Spool("\(scratch.path)/spool"), capture = try Capture()
        let (pipes, ends) = try LogPipes.make()
        try capture.add("web", spool: spool, pipes: pipes)
        let yaml = "format: 1\nsinks: { far: { syslog: { url: \"tcp://127.0.0.1:\(server.port)\" } } }\n"
        let settings = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
        let means = SinkMeans(node: "bench", client: try TransferClient()) { _ in [] }
        let shipper = try LogShipper(settings.sinks, means: means) { _ in }
        shipper.ship(spool.path, of: Shipping.origin, spool: spool)
        // A millisecond's lines at a time, as a busy service writes them.
        let each = max(1, rate / 1000), begin = now
        for turn in 0..<(seconds * 1000) {
            let due = begin + UInt64(turn) * 1_000_000
            while now < due { usleep(100) }
            let bytes = Array(
                (0..<each).map { _ in "~\(now)~ " + String(repeating: "x", count: 100) + "\n" }.joined().utf8
            )
            _ = Glibc.write(ends.stdout.number, bytes, bytes.count)
        }
        let total = each * seconds * 1000
        while delays.all.withLock(\.count) < total { usleep(1_000) }
        let sorted = delays.all.withLock { $0.sorted() }
        func percentile(_ part: Double) -> Double {
            Double(sorted[Int(Double(sorted.count - 1) * part)]) / 1e6
        }
        print(
            "write to syslog receiver at \(rate) lines/s: p50 \(percentile(0.5)) ms, p99 \(percentile(0.99)) ms, worst \(percentile(1)) ms"
        )
        shipper.stop(within: .zero)
        capture.stop()
        try scratch.remove("spool")
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
