// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

/// Figures, not verdicts: run with `MARTLET_TEST_SPEED=1 swift test -c release --filter CaptureSpeedTests`.
@Suite(.serialized, .enabled(if: getenv("MARTLET_TEST_SPEED") != nil)) struct CaptureSpeedTests {
    private static let line = String(repeating: "m", count: 127) + "\n"

    @Test func `lines a second into the spool`() throws {
        let bench = try SpoolBench()
        let batch = Array(String(repeating: Self.line, count: 2_048).utf8)
        let lines = 8_000_000
        let took = try ContinuousClock().measure {
            for _ in 0..<(lines / 2_048) { try bench.append(batch) }
        }
        print("append: \(rate(lines, took))")
        let reading = try ContinuousClock().measure {
            var reader = try LogReader(bench.path), count = 0
            while try reader.next() != nil { count += 1 }
            print("read \(count) lines")
        }
        print("read back: \(rate(Int(bench.spool.status.bytes) / 131, reading))")
    }

    @Test(arguments: [64 << 10, 4 << 10, 128]) func `lines a second through the pipe`(_ write: Int) throws {
        let bench = try CaptureBench()
        let spool = try Spool(bench.path), capture = try Capture()
        try capture.add("web", spool: spool, pipes: bench.pipes)
        let text = Array(String(repeating: Self.line, count: write / 128).utf8)
        let lines = write < 4_096 ? 2_000_000 : 16_000_000
        let process = seconds(CLOCK_PROCESS_CPUTIME_ID), writer = seconds(CLOCK_THREAD_CPUTIME_ID)
        let took = ContinuousClock().measure {
            text.withUnsafeBytes { bytes in
                for _ in 0..<(lines * 128 / write) {
                    _ = Glibc.write(bench.ends.stdout.number, bytes.baseAddress, bytes.count)
                }
            }
            while spool.status.written.stdout.lines < UInt64(lines) { usleep(100) }
        }
        // What the process used, less what the writer in it used.
        let cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - process - (seconds(CLOCK_THREAD_CPUTIME_ID) - writer)
        print(
            "capture of \(write)-byte writes: \(rate(lines, took)); \(Int(Double(lines) / cpu)) lines a CPU second"
        )
    }

    private func rate(_ lines: Int, _ took: Duration) -> String {
        let seconds = took / .seconds(1)
        return "\(Int(Double(lines) / seconds)) lines/s, \(Int(Double(lines) * 128 / seconds / 1e6)) MB/s"
    }

    private func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
