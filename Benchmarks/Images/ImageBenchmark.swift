// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Images
internal import Linux
internal import Synchronization

/// How long it takes to keep, check and unpack the layers of an image, beside the floor: the same layers inflated and
/// unpacked by gzip and GNU tar, and by igzip and GNU tar, which check and keep nothing.
///
/// Contenders take turns in random order; compare within one table only. `take STORE LAYOUT` is one turn of ours, in
/// a process of its own, so that its memory is its own too.
@main
struct ImageBenchmark {
    static func main() async {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            if words.first == "take", words.count == 3 {
                try await take(store: words[1], layout: words[2])
            } else {
                try Bench(words).run()
            }
        } catch {
            print("image-benchmark: \(error)")
            exit(1)
        }
    }

    /// Pushes every layer of a layout, as fast as the store takes them; two at a time, as a pull does.
    private static func take(store path: String, layout: String) async throws {
        let store = try ImageStore.open(at: path)
        let lock = try store.holdShared()
        defer { withExtendedLifetime(lock) {} }
        let lines = String(
            decoding: try Descriptor.open(layout + "/layers", O_RDONLY).readAll(limit: 1 << 20),
            as: UTF8.self
        ).split(separator: "\n").map(String.init)
        let turns = Turns()
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    try await Thread.run {
                        while true {
                            let index = turns.next()
                            guard index < lines.count else { return }
                            try take(lines[index], layout, into: store)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// One layer: DIGEST DIFFID SIZE.
    private static func take(_ line: String, _ layout: String, into store: ImageStore) throws {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, let size = Int(words[2]) else {
            throw LinuxError("read", "\(layout)/layers", errno: EINVAL)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)
        defer { buffer.deallocate() }
        let blob = ContentDescriptor(
            mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
            digest: try Digest(hex: words[0]),
            size: size
        )
        let writer = try store.layerWriter(blob, diffID: try Digest(hex: words[1]))
        let file = try Descriptor.open(layout + "/" + words[0], O_RDONLY)
        while true {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            try writer.push(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        try writer.finish()
    }
}

/// Numbers from 0 on, each given once.
private final class Turns: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}

/// All turns of all contenders.
struct Bench {
    private var count = 5
    private var megabytes = 450
    private var folder = ".build/bench/images"

    init(_ words: [String]) throws {
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count == 2 ? parts[1] : "") {
            case ("count", let value): count = max(1, Int(value) ?? count)
            case ("megabytes", let value): megabytes = max(1, Int(value) ?? megabytes)
            case ("folder", let value): folder = value
            default:
                throw LinuxError("option \(word)", "known are count, megabytes and folder", errno: EINVAL)
            }
        }
    }

    func run() throws {
        let layout = try prepare()
        let program = try check("readlink", "/proc/self/exe", readProgram())
        var contenders = [
            ("gzip | tar", "for l in \(layout)/*.gz; do gzip -dc $l | tar -C OUT -xpf -; done"),
            ("martlet", "exec \(program) take OUT/store \(layout)"),
        ]
        if (try? Self.shell("command -v igzip")) != nil {
            contenders.insert(
                ("igzip | tar", "for l in \(layout)/*.gz; do igzip -dc $l | tar -C OUT -xpf -; done"),
                at: 1
            )
        } else {
            print("skipped: igzip not installed")
        }
        var times: [String: [Double]] = [:]
        var peak = 0
        for turn in 0..<count + 1 {
            for (name, line) in contenders.shuffled() {
                let out = "\(folder)/out"
                try Self.shell("rm -rf \(out) && mkdir -p \(out) && sync -f \(out)")
                let (milliseconds, memory) = try Self.time(line.replacing("OUT", with: out))
                if turn > 0 { times[name, default: []].append(milliseconds) }  // the first warms caches
                if name == "martlet" { peak = max(peak, memory) }
                try Self.shell("rm -rf \(out)")
            }
        }
        print("\(count) turns each; ms: min, median, max")
        for (name, _) in contenders {
            let sorted = (times[name] ?? []).sorted()
            print(
                name.padded(16),
                Self.whole(sorted.first),
                Self.whole(Self.median(sorted)),
                Self.whole(sorted.last)
            )
        }
        let ours = Self.median((times["martlet"] ?? []).sorted())
        for (name, _) in contenders where name != "martlet" {
            let ratio = ours / Self.median((times[name] ?? []).sorted())
            print("ratio of medians, martlet to \(name): \(Int((ratio * 100).rounded())) %")
        }
        print("martlet's largest memory: \(peak) MiB")
    }

    /// Layers of files that every machine has, made once.
    private func prepare() throws -> String {
        let layout = "\(folder)/layers-\(megabytes)"
        if access("\(layout)/layers", F_OK) == 0 { return layout }
        print("making layers of \(megabytes) MB from /usr")
        try Self.shell(
            """
            rm -rf \(layout) && mkdir -p \(layout) && cd \(layout) &&
            (cd / && find usr/bin usr/lib usr/share -xdev \\( -type f -o -type l \\) -printf '%s %p\\n') | LC_ALL=C sort -k2 |
            awk -v max=$((\(megabytes) * 1000000)) '{ n += $1; if (n > max) exit; part = int(n * 4 / max); sub(/^[0-9]+ /, ""); print > ("list" part) }' &&
            for list in list*; do
              tar -C / --no-recursion -T $list -cf $list.tar && diff=$(sha256sum <$list.tar | cut -c1-64) &&
              gzip -6 $list.tar && digest=$(sha256sum <$list.tar.gz | cut -c1-64) && ln -s $list.tar.gz $digest &&
              echo $digest $diff $(stat -c %s $list.tar.gz) >>layers.new
            done && rm list? && mv layers.new layers
            """
        )
        return layout
    }

    private func readProgram() -> String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private func check(_ call: String, _ subject: String, _ value: String?) throws -> String {
        guard let value else { throw LinuxError(call, subject, errno: errno) }
        return value
    }

    @discardableResult
    private static func shell(_ line: String) throws -> Int {
        let (_, memory) = try time("{ \(line)\n} >/dev/null")
        return memory
    }

    /// Milliseconds and MiB of the largest process of a shell line.
    private static func time(_ line: String) throws -> (Double, Int) {
        let start = ContinuousClock.now
        let pid = try Spawn(["sh", "-c", line], program: "/bin/sh").start()
        var status: Int32 = 0
        var usage = rusage()
        while wait4(pid, &status, 0, &usage) < 0, errno == EINTR {}
        guard status == 0 else { throw LinuxError("run", line, errno: ECHILD) }
        let time = (ContinuousClock.now - start).components
        return (
            Double(time.seconds) * 1e3 + Double(time.attoseconds) / 1e15, usage.ru_maxrss >> 10
        )
    }

    private static func median(_ sorted: [Double]) -> Double { sorted.isEmpty ? 0 : sorted[sorted.count / 2] }
    private static func whole(_ value: Double?) -> String { String(Int((value ?? 0).rounded())).padded(8) }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
