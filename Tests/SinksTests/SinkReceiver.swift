// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Synchronization
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Sinks

/// A receiver of `Tests/SinksTests/Receivers` with what it has taken; it ends with its last reference.
final class SinkReceiver {
    /// Whether Debian's packages for them are here.
    static let isThere = access("/usr/lib/python3/dist-packages/msgpack", F_OK) == 0

    let folder: String
    let port: UInt16
    private let script: String
    private let words: [String]
    private var program: TestProgram?

    init(_ script: String, _ words: [String] = [], tls: TestAuthority? = nil, starts: Bool = true) throws {
        folder = try Self.makeFolder()
        self.script = script
        self.words = words + (tls.map { ["--tls", "\($0.folder)/server"] } ?? [])
        port = try LoopbackServer.freePort()
        if starts { try start() }
    }

    deinit {
        program?.end()
        _ = try? Shell.run("rm -rf \(folder)")
    }

    static func makeFolder() throws -> String {
        var template = Array("/tmp/martlet-receiver-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        return String(cString: made)
    }

    func start() throws {
        program = try TestProgram(
            ["/usr/bin/python3", "Tests/SinksTests/Receivers/\(script).py", "--port", "\(port)"]
                + ["--out", "\(folder)/out"] + words,
            log: "\(folder)/log",
            port: port
        )
    }

    func end() { program?.end() }

    func text(_ name: String = "out") throws -> [UInt8] {
        guard access("\(folder)/\(name)", F_OK) == 0 else { return [] }
        return try Descriptor.open("\(folder)/\(name)", O_RDONLY).readAll(limit: 1 << 30)
    }

    /// The lines that it has taken, in order.
    func lines(_ name: String = "out") throws -> [String] {
        try text(name).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// What `python3` says of an exception, if one came out of it.
    func complaints() throws -> String { String(decoding: try text("log"), as: UTF8.self) }
}

/// Ships one spool to one sink, as a node does.
final class ShippingBench {
    let writer: SpoolWriter
    private let shipper: LogShipper
    private final class Told: Sendable { let events = Mutex<[SinkEvent.Kind]>([]) }
    private let told = Told()

    /// Whether nobody writes the spool any more when it is shipped.
    private let shipsAfterwards: Bool

    init(
        _ kind: SinkSettings.Kind,
        node: String = "node-7",
        limits: SpoolLimits = SpoolLimits(),
        shipsAfterwards: Bool = false
    ) throws {
        self.shipsAfterwards = shipsAfterwards
        writer = try SpoolWriter(limits: limits)
        let told = told
        shipper = try LogShipper([SinkSettings(name: "logs", kind: kind)], means: Self.means(node)) { event in
            told.events.withLock { $0.append(event.kind) }
        }
    }

    static func means(_ node: String = "node-7") throws -> SinkMeans {
        SinkMeans(node: node, client: try TransferClient()) { file in
            guard case .path(let path) = file else {
                throw SinkError("read", "\(file)", .rejected("no path"))
            }
            return try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
        }
    }

    deinit { shipper.stop(within: .zero) }

    var unsent: [UnsentLog] { shipper.unsent }
    var status: SinkReport { get throws { try #require(shipper.reports.first) } }
    var events: [SinkEvent.Kind] { told.events.withLock { $0 } }

    func ship(_ origin: LogOrigin = SpoolWriter.origin()) {
        if shipsAfterwards { writer.close() }
        shipper.ship(writer.path, of: origin, spool: shipsAfterwards ? nil : writer.spool)
    }

    func forget() { shipper.forget(writer.path) }

    /// Waits until so many lines are confirmed.
    func wait(for count: Int) async throws {
        while try status.linesOut < UInt64(count) { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Waits until the sink says why it cannot send.
    func failure() async throws -> String {
        while true {
            if let failure = try status.failure { return failure }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// What every sink with acknowledgements is held to.
enum Shipment {
    /// How many lines a test sends.
    static let count = getenv("MARTLET_SOAK") == nil ? 20_000 : 100_000

    /// Each line once, in order.
    static func expectExact(_ lines: [String], _ count: Int = count) {
        #expect(lines.count == count)
        #expect(lines == (0..<count).map { "line \($0)" })
    }

    /// Ships to a receiver that dies by itself again and again.
    static func outlive(_ receiver: SinkReceiver, _ bench: ShippingBench, batch: Int) async throws {
        try bench.writer.write(lines: 0..<count * 2)
        bench.ship()
        try await bench.wait(for: count * 2)
        let deaths = try receiver.lines("out.deaths").count
        #expect(deaths > 2)
        expectWhole(try receiver.lines(), deaths: deaths, batch: batch, count * 2)
        #expect(try bench.status.retries > 0)
    }

    /// Each line, the first of each in order, and no more than `batch` of them twice for each death.
    static func expectWhole(_ lines: [String], deaths: Int, batch: Int, _ count: Int = count) {
        let numbers = lines.compactMap { $0.hasPrefix("line ") ? Int($0.dropFirst(5)) : nil }
        #expect(numbers.count == lines.count)
        var next = 0, twice = 0
        for number in numbers {
            if number == next { next += 1 } else if number < next { twice += 1 } else { break }
        }
        #expect(next == count, "\(count - next) are missing or late")
        #expect(twice <= deaths * batch, "\(twice) came twice")
    }
}
