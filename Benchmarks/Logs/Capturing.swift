// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Logs

/// From a pipe into the spool, and back out of it.
enum Capturing {
    private static let line = String(repeating: "m", count: 127) + "\n"

    static func measure() throws {
        for write in [64 << 10, 4 << 10, 128] { try capture(write: write) }
    }

    private static func capture(write: Int) throws {
        let scratch = try Scratch()
        let spool = try Spool("\(scratch.path)/spool"), capture = try Capture()
        let (pipes, ends) = try LogPipes.make()
        try capture.add("web", spool: spool, pipes: pipes)
        let text = Array(String(repeating: line, count: write / 128).utf8)
        let lines = write < 4_096 ? 1_000_000 : 8_000_000
        let usage = Usage(), writer = thread()
        text.withUnsafeBytes { bytes in
            for _ in 0..<(lines * 128 / write) {
                _ = Glibc.write(ends.stdout.number, bytes.baseAddress, bytes.count)
            }
        }
        let written = thread() - writer
        while spool.status.written.stdout.lines < UInt64(lines) { usleep(100) }
        print("pipe to spool, writes of \(write) bytes: \(usage.rate(lines, less: written))")
        capture.stop()
        if write == 64 << 10 {
            let reading = Usage()
            var reader = try LogReader(spool.path), count = 0
            while try reader.next() != nil { count += 1 }
            print("spool to memory: \(reading.rate(count))")
        }
        try scratch.remove("spool")
    }

    private static func thread() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
