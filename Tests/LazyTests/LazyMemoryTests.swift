// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

@testable internal import Lazy

/// What a process needs for a volume of many files.
@Suite struct LazyMemoryTests {
    @Test(.enabled(if: getenv("MARTLET_SOAK") != nil))
    func `a hundred thousand files need no more than 64 MiB`() throws {
        try LazyBench.run { bench in
            try bench.run(
                """
                python3 - <<'END'
                import os, random
                random.seed(2)
                for i in range(100000):
                    folder = 'folder-%d/inner-%d' % (i % 100, i % 1000)
                    os.makedirs(folder, exist_ok=True)
                    with open('%s/a-file-of-some-length-%d.dat' % (folder, i), 'wb') as f: f.write(random.randbytes(1000))
                END
                """
            )
            _ = try bench.commit()
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            let process = try LazyProcess.start(
                LazyProcessTests.program,
                bench.settings(volume.cache),
                on: device,
                log: .standardError
            )
            let cache = try Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY)
            let begun = try LazyControl.status(of: cache)
            let early = try Self.memory(of: process.pid)
            try bench.run("find . -type f | wc -l; tar c . | wc -c", in: "mount/lower")
            while try !LazyControl.status(of: cache).isComplete { usleep(100_000) }
            let memory = try Self.memory(of: process.pid)
            print(
                "served with \(begun.local) of \(begun.total) bytes here at \(early) KiB, at most \(memory) KiB"
            )
            #expect(memory.peak <= 64 << 10)
            try volume.unmount()
            waitpid(process.pid, nil, 0)
        }
    }

    /// Resident memory now and at most, in KiB.
    private static func memory(of pid: Int32) throws -> (now: Int, peak: Int) {
        let text = try Shell.run("awk '/^Vm(HWM|RSS)/ { print $2 }' /proc/\(pid)/status")
        let numbers = text.split(separator: "\n").compactMap { Int($0) }
        try #require(numbers.count == 2)
        return (numbers[1], numbers[0])
    }
}
