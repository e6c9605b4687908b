// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import LogSimulator

/// `volume-benchmark simulate COUNT [SEED]` runs schedules of the simulator, as many as a soak has;
/// `volume-benchmark commit FOLDER [FILES [BYTES]]` commits and restores a tree in an empty folder.
@main enum VolumeBenchmark {
    static func main() throws {
        let words = CommandLine.arguments
        switch words.dropFirst().first {
        case "simulate":
            let count = words.count > 2 ? UInt64(words[2]) ?? 1_000_000 : 1_000_000
            let seed = words.count > 3 ? UInt64(words[3]) ?? 0 : 0
            exit(simulate(count, from: seed) ? 0 : 1)
        case "commit" where words.count > 2:
            let files = words.count > 3 ? Int(words[3]) ?? 10_000 : 10_000
            let size = words.count > 4 ? Int(words[4]) ?? 16_384 : 16_384
            try Committing.run(in: words[2], files: files, size: size)
        default:
            print("usage: volume-benchmark simulate COUNT [SEED] | commit FOLDER [FILES [BYTES]]")
            exit(2)
        }
    }

    /// Whether no schedule went wrong, neither of a log nor, as many together, of lines on both kinds of store.
    private static func simulate(_ count: UInt64, from seed: UInt64) -> Bool {
        let clock = ContinuousClock(), seeds = seed..<seed + count
        var start = clock.now
        var committed = 0, acquired = 0, fenced = 0, violations = 0
        for number in seeds {
            let outcome = LogSimulation.run(seed: number)
            if let violation = outcome.violation {
                print(violation)
                violations += 1
            }
            committed += outcome.committed
            acquired += outcome.acquired
            fenced += outcome.fenced
        }
        print("\(count) schedules in \(clock.now - start): \(violations) violations;", terminator: " ")
        print("\(committed) commits, \(acquired) acquisitions, \(fenced) fenced")
        start = clock.now
        var forks = 0, wrong = 0
        (committed, acquired) = (0, 0)
        for number in seeds {
            let isPrompt = number % 2 == 0
            let outcome = LineSimulation.run(seed: number / 2, isPrompt: isPrompt)
            // A store that shows all that it has keeps two from writing side by side.
            if let violation = outcome.violation ?? (isPrompt && outcome.forks > 0 ? "a fork, seed \(number / 2)" : nil) {
                print(violation)
                wrong += 1
            }
            committed += outcome.committed
            acquired += outcome.acquired
            forks += outcome.forks
        }
        print("\(count) schedules of lines in \(clock.now - start): \(wrong) violations;", terminator: " ")
        print("\(committed) commits, \(acquired) acquisitions, \(forks) forks that were told")
        return violations + wrong == 0
    }
}
