// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

/// Measures the log pipeline by its parts, for `Benchmarks/logs`:
///
///     log-benchmark capture            from a pipe into the spool, and back out of it
///     log-benchmark ship FILE LINES    from a spool to each sink of a node.yaml, one after the other
///     log-benchmark latency RATE       from the write to a receiver of syslog on this machine
///
/// Prints a line for each measurement.
@main struct LogBenchmark {
    static func main() throws {
        signal(SIGPIPE, SIG_IGN)
        let words = Array(CommandLine.arguments.dropFirst())
        switch (words.first, words.count) {
        case ("capture", 1): try Capturing.measure()
        case ("ship", 3): try Shipping.measure(try settings(words[1]), lines: Int(words[2]) ?? 1_000_000)
        case ("latency", 2): try Latency.measure(rate: Int(words[1]) ?? 50_000)
        default:
            print("log-benchmark: say capture, ship FILE LINES or latency RATE")
            exit(2)
        }
    }

    private static func settings(_ path: String) throws -> NodeSettings {
        let bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
        return try NodeSettings.decode(yaml: String(decoding: bytes, as: UTF8.self), file: path)
    }
}

/// What was used between two moments.
struct Usage {
    private let wall = ContinuousClock.now
    private let processor = Self.processor()

    private static func processor() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// `N lines/s, C s of processor per million`, less `other` seconds of processor that are not the pipeline's.
    func rate(_ lines: Int, less other: Double = 0) -> String {
        let seconds = (ContinuousClock.now - wall) / .seconds(1)
        let used = Self.processor() - processor - other
        let each = (used / Double(lines) * 1e6 * 1000).rounded() / 1000
        return "\(Int(Double(lines) / seconds)) lines/s, \(each) s of processor per million lines"
    }
}

/// A folder that is gone when this is.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/var/tmp/martlet-logs-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/var/tmp", errno: errno) }
        path = String(cString: made)
    }

    /// Removes the folder of a spool.
    func remove(_ name: String) throws {
        let folder = "\(path)/\(name)"
        for entry in try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries() {
            unlink("\(folder)/\(entry)")
        }
        rmdir(folder)
    }

    deinit { rmdir(path) }
}
