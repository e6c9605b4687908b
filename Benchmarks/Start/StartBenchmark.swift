// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit

/// How long one container start takes, beside a bare C floor and the field's runtimes, in one run.
///
/// `Benchmarks/run` builds all parts and starts it. Contenders take turns in random order, so that a noisy
/// machine is noisy for all of them; compare within one table only.
@main
struct StartBenchmark {
    static func main() async throws {
        let options = try Options(CommandLine.arguments.dropFirst())
        let node = try await TestNode()
        do {
            let bench = try Bench(node: node, options: options)
            try await bench.run(with: try await node.keeper())
        } catch {
            print("start-benchmark: \(error)")
            try await node.end()
            exit(1)
        }
        try await node.end()
    }
}

/// What the command line asks for: `NAME=VALUE` words.
struct Options {
    var count = 100
    var layers = 3
    /// Without, nobody waits for the grace period that joining a version 1 cgroup costs.
    var cgroups = true
    var floor = ".build/bench/floor"
    var program = ".build/bench/true"
    /// Our own command line, and whose default configuration all runtimes get.
    var runtime = ".build/release/martlet-runtime"

    init(_ words: some Sequence<String>) throws {
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count == 2 ? parts[1] : "") {
            case ("count", let value): count = Int(value) ?? count
            case ("layers", let value): layers = min(max(Int(value) ?? layers, 1), 100)
            case ("cgroups", let value): cgroups = value != "no"
            case ("floor", let value): floor = value
            case ("program", let value): program = value
            case ("runtime", let value): runtime = value
            default:
                throw LinuxError(
                    "option \(word)",
                    "known are count, layers, cgroups=no, floor, program and runtime",
                    errno: EINVAL
                )
            }
        }
    }
}

struct Bench {
    let node: TestNode
    let options: Options
    let layers: [String]

    /// Lays out the image: the program in the lowest layer, something of their own in the others.
    init(node: TestNode, options: Options) throws {
        self.node = node
        self.options = options
        layers = (0..<options.layers).map { "\(node.folder)/image-\($0)" }
        for layer in layers {
            try Shell.run("mkdir -p \(layer)/bin \(layer)/dev \(layer)/proc \(layer)/sys")
            try Shell.run("echo \(layer) >\(layer)/name")
        }
        try Shell.run("cp \(options.program) \(layers[0])/bin/true")
    }

    /// A fresh one for every start, kept to the end: file systems avoid inodes that were freed just now, and
    /// looking for others would be measured too.
    private func makeScratch() throws -> String {
        let folder = "\(node.folder)/scratch-\(UInt64.random(in: 0...UInt64.max))"
        try Shell.run("mkdir -p \(folder)/up \(folder)/work")
        return folder
    }

    /// Off the main actor, as the agent's own starts are.
    @concurrent func run(with keeper: Keeper) async throws {
        var contenders: [Contender] = [
            .floor(try Floor(self, mapping: "idmap")), .floor(try Floor(self, mapping: "plain")),
            .martlet(try Martlet(self, keeper)),
        ]
        for (name, program) in [("martlet-runtime", options.runtime), ("crun", "crun"), ("runc", "runc")] {
            if (try? Shell.run("command -v \(program)")) == nil {
                print("skipped: \(name) not installed")
                continue
            }
            let runtime = try Runtime(name, program, self)
            do {
                _ = try runtime.start(scratch: try makeScratch())
                contenders.append(.runtime(runtime))
            } catch {
                print("skipped: \(name) cannot start the bundle on this host: \(error)")
            }
        }
        var samples: [String: [Sample]] = [:]
        for turn in 0..<options.count + 3 {
            for contender in contenders.shuffled() {
                let sample = try await contender.start(scratch: try makeScratch())
                if turn >= 3 { samples[contender.name, default: []].append(sample) }  // the first warm caches
            }
        }
        print(
            "\(options.count) starts each, \(options.layers) layers\(options.cgroups ? "" : ", no cgroups"); ms: min, median, p90; CPU is the mean"
        )
        for contender in contenders {
            let own = samples[contender.name] ?? []
            let processor = try contender.processorTime(own)
            report(contender.name, own.map(\.whole), processor)
            if own.allSatisfy({ $0.untilExec > 0 }) {
                report(contender.name + ", until exec", own.map(\.untilExec), nil)
            }
        }
        for contender in contenders { contender.end() }
        reportSteps(samples["martlet"] ?? [])
        print("of martlet's CPU, the keeper and its children: \(fixed(try contenders[2].keeperTime()))")
        guard let floor = samples[contenders[0].name], let ours = samples["martlet"] else { return }
        let whole = median(ours.map(\.whole)) / median(floor.map(\.whole))
        let processor = try contenders[2].processorTime(ours) / contenders[0].processorTime(floor)
        let part = median(ours.map(\.untilExec)) / median(floor.map(\.untilExec))
        print(
            "ratio of medians, martlet to floor: \(fixed(whole)) whole, \(fixed(part)) until exec; of CPU \(fixed(processor))"
        )
        guard let runtime = samples["martlet-runtime"] else { return }
        for peer in ["crun", "runc"] {
            guard let peers = samples[peer] else { continue }
            let ratio = median(runtime.map(\.whole)) / median(peers.map(\.whole))
            print("ratio of medians, martlet-runtime run to \(peer) run: \(fixed(ratio))")
        }
    }

    private func report(_ name: String, _ values: [Double], _ processor: Double?) {
        let sorted = values.sorted()
        guard let least = sorted.first else { return }
        let label = name + String(repeating: " ", count: max(1, 34 - name.count))
        let figures = [least, median(values), sorted[sorted.count * 9 / 10]].map { fixed($0) }.joined(
            separator: "  "
        )
        print(label + figures + (processor.map { "  CPU \(fixed($0))" } ?? ""))
    }

    /// The medians of all steps.
    private func reportSteps(_ samples: [Sample]) {
        let steps = (samples.first?.steps ?? []).enumerated().map { index, step in
            "\(step.name) \(fixed(median(samples.map { $0.steps[index].time })))"
        }
        print("of martlet's time: \(steps.joined(separator: ", "))")
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private func fixed(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// One start, in milliseconds; what cannot be told apart is 0.
struct Sample {
    var untilExec = 0.0
    var whole = 0.0
    var processor = 0.0
    /// What it consists of, where that is known.
    var steps: [(name: String, time: Double)] = []
}

/// Something that starts a container.
enum Contender {
    case floor(Floor)
    case martlet(Martlet)
    case runtime(Runtime)

    var name: String {
        switch self {
        case .floor(let floor): floor.name
        case .martlet: "martlet"
        case .runtime(let runtime): runtime.name
        }
    }

    /// Starts the program and waits until nothing of the container is left.
    func start(scratch: String) async throws -> Sample {
        switch self {
        case .floor(let floor): try floor.start(scratch: scratch)
        case .martlet(let martlet): try await martlet.start(scratch: scratch)
        case .runtime(let runtime): try runtime.start(scratch: scratch)
        }
    }

    /// Mean processor time of a start in milliseconds.
    func processorTime(_ samples: [Sample]) throws -> Double {
        let mean = samples.map(\.processor).reduce(0, +) / Double(max(samples.count, 1))
        return mean + (try keeperTime())
    }

    /// Of that, what was spent outside of this process by ours.
    func keeperTime() throws -> Double {
        guard case .martlet(let martlet) = self else { return 0 }
        return try martlet.keeperTime()
    }

    func end() {
        if case .floor(let floor) = self { floor.end() }
    }
}

/// Milliseconds of a clock.
func milliseconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}
