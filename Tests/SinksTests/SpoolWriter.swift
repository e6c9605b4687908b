// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

@testable internal import Logs
@testable internal import Sinks

/// Spools in a folder of their own, written by hand.
final class SpoolWriter {
    let folder: String
    private var open: Spool?
    let path: String
    private let encoder = BlockEncoder(capacity: 3 << 20)
    private let limits: SpoolLimits

    init(_ name: String = "web", limits: SpoolLimits = SpoolLimits(), _ policy: SpoolPolicy = .dropOldest)
        throws
    {
        var template = Array("/tmp/martlet-sinks-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        folder = String(cString: made)
        self.limits = limits
        path = "\(folder)/\(name)"
        open = try Spool(path, limits: limits, policy: policy)
    }

    /// The spool, until it is closed.
    var spool: Spool {
        guard let open else { preconditionFailure("the spool is closed") }
        return open
    }

    /// Lets go of the spool.
    func close() { open = nil }

    deinit { _ = try? Shell.run("rm -rf \(folder)") }

    /// Appends a batch that ends where the text does.
    func write(_ text: String, _ stream: LogStream = .stdout, time: UInt64 = SinkClock.now) throws {
        try text.utf8.withContiguousStorageIfAvailable { bytes in
            try spool.append(UnsafeRawBufferPointer(bytes), from: stream, time: time, with: encoder)
        }
    }

    /// Appends bytes that end where they do.
    func write(_ bytes: [UInt8], _ stream: LogStream = .stdout, time: UInt64 = SinkClock.now) throws {
        try bytes.withUnsafeBytes { try spool.append($0, from: stream, time: time, with: encoder) }
    }

    /// Appends the lines `PREFIX FIRST` to `PREFIX LAST`, a block for each thousand.
    func write(lines range: Range<Int>, prefix: String = "line") throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1_000) {
            let part = start..<min(start + 1_000, range.upperBound)
            try write(part.map { "\(prefix) \($0)\n" }.joined())
        }
    }

    /// Appends such lines at a steady rate, so many of them a second.
    func write(lines range: Range<Int>, rate: Int) async throws {
        let begin = ContinuousClock.now
        var next = range.lowerBound
        while next < range.upperBound {
            let time = Int((ContinuousClock.now - begin) / .milliseconds(1))
            let due = min(range.upperBound, range.lowerBound + time * rate / 1_000)
            try write(lines: next..<due)
            next = due
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    static func origin(_ service: String = "web") -> LogOrigin {
        LogOrigin(
            node: "node-7",
            app: "shop",
            service: service,
            instance: 0,
            container: "0123456789abcdef",
            image: "docker.io/library/web:1.4",
            imageDigest: "sha256:00"
        )
    }
}
