// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Sinks
internal import Transfer

/// From a spool that is full to a receiver, until it has confirmed the last line.
enum Shipping {
    static func measure(_ settings: NodeSettings, lines: Int) throws {
        for sink in settings.sinks {
            let scratch = try Scratch()
            let spool = try filled("\(scratch.path)/spool", lines: lines)
            let means = SinkMeans(node: "bench", client: try TransferClient()) { file in
                guard case .path(let path) = file else {
                    throw LinuxError("open", "credential", errno: ENOENT)
                }
                return try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
            }
            let usage = Usage()
            let shipper = try LogShipper([sink], means: means) { event in
                if case .sent = event.kind { return }
                print("\(sink.name): \(event.kind)")
            }
            shipper.ship(spool.path, of: origin, spool: spool)
            while let report = shipper.reports.first,
                report.linesOut + report.droppedAsRejected < UInt64(lines)
            { usleep(500) }
            print("spool to \(sink.name) (\(sink.kind.word)): \(usage.rate(lines))")
            shipper.stop(within: .seconds(1))
            try scratch.remove("spool")
        }
    }

    static let origin = LogOrigin(
        node: "bench",
        app: "shop",
        service: "web",
        instance: 0,
        container: "8c5a3f0f5b8f4b53a2b4f8a2a5c4d1e0",
        image: "docker.io/library/web:1.4",
        imageDigest: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    )

    /// A spool with lines of 128 bytes as a web server writes them.
    private static func filled(_ path: String, lines: Int) throws -> Spool {
        let spool = try Spool(path, limits: SpoolLimits(totalBytes: 1 << 30)),
            encoder = BlockEncoder(capacity: 1 << 20)
        for start in stride(from: 0, to: lines, by: 1_000) {
            var text = ""
            for number in start..<min(start + 1_000, lines) {
                let begin =
                    "10.0.\(number % 256).\(number % 199) GET /item/\(number % 977)?page=\(number % 13) 200 "
                text +=
                    begin + "n=\(number) "
                    + String(repeating: "abcdefghij", count: 12).prefix(
                        118 - begin.utf8.count - "\(number)".utf8.count + 6
                    ) + "\n"
            }
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let bytes = Array(text.utf8)
            try bytes.withUnsafeBytes {
                try spool.append(
                    $0,
                    from: .stdout,
                    time: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
                    with: encoder
                )
            }
        }
        return spool
    }
}
