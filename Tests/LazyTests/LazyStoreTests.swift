// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Volumes

@testable internal import Lazy

/// What is asked of the store, and what happens when it does not answer.
@Suite struct LazyStoreTests {
    private static let files = """
        python3 - <<'END'
        import random
        random.seed(1)
        for i in range(40): open('f%02d' % i, 'wb').write(random.randbytes(100 << 10))
        open('large', 'wb').write(random.randbytes(9 << 20))
        END
        """

    @Test func `a read fetches the chunks that it needs, once, and no others`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            let record = try bench.commit()
            _ = bench.store.count()
            let (index, files) = try bench.version(record)
            // The root, and the one page.
            #expect(bench.store.count().reads == 2)
            try bench.mounted(index, files) {
                try bench.run("cmp f07 ../data/f07; cmp f07 ../data/f07; ls -lR >/dev/null", in: "mount")
                let one = bench.store.count()
                #expect(one.reads == 1 && one.bytes <= 101 << 10, "\(one)")
                #expect(files.progress.local == 100 << 10)
                // A byte in the middle of a large file is one chunk, or two where the kernel reads ahead.
                try bench.run("tail -c +4000000 large | head -c 1 >/dev/null", in: "mount")
                let byte = bench.store.count()
                #expect((1...2).contains(byte.reads) && byte.bytes <= 8 << 20, "\(byte)")
                // Many who want one file at once are one read.
                try bench.run("for i in 1 2 3 4 5 6 7 8; do cmp f09 ../data/f09 & done; wait", in: "mount")
                #expect(bench.store.count().reads == 1)
            }
            // Another process believes its files once it has looked at them, and asks for none that are whole.
            try bench.run(
                "printf x | dd of=$(ls | head -n 1) conv=notrunc bs=1 seek=5 status=none",
                in: "cache/files"
            )
            let (again, left) = try bench.version(record)
            _ = bench.store.count()
            try bench.mounted(again, left) {
                try bench.run(
                    "cmp f07 ../data/f07; cmp f09 ../data/f09; cmp large ../data/large",
                    in: "mount"
                )
            }
            let rest = bench.store.count()
            #expect(rest.bytes > 4 << 20 && rest.bytes < 10 << 20, "\(rest)")
        }
    }

    @Test func `a store that is away is waited for, and a reader may give up`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            let (index, files) = try bench.version(bench.commit(), patience: .seconds(60))
            try bench.mounted(index, files) {
                bench.store.setAway(true)
                // One that is killed is gone at once.
                try bench.run("timeout -s KILL 0.3 cat f01 && exit 1 || [ $? = 137 ]", in: "mount")
                let outcome = Monitor(Result<String, any Error>?.none)
                let folder = bench.folder
                try Thread.detach {
                    let result = Result { try Shell.run("cmp \(folder)/mount/f02 \(folder)/data/f02") }
                    outcome.change { $0 = result }
                }
                // Names, attributes and what is here go on meanwhile, however many wait.
                try bench.run(
                    "for i in 1 2 3 4 5 6 7 8 9; do timeout -s KILL 1 cat f1$i >/dev/null & done; sleep 0.2; ls -l f03; stat f04; wait",
                    in: "mount"
                )
                #expect(outcome.hold { $0 == nil })
                bench.store.setAway(false)
                let told = try outcome.wait { $0 }.get()
                #expect(told == "")
            }
        }
    }

    @Test func `a store that stays away, or has something else, is an error in the end`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            let record = try bench.commit()
            let (index, files) = try bench.version(record, patience: .milliseconds(300))
            try bench.mounted(index, files) {
                bench.store.setAway(true)
                let told = try bench.run("cat f01 2>&1 >/dev/null || true", in: "mount")
                #expect(told.contains("Input/output error"), "\(told)")
                bench.store.setAway(false)
                try bench.run("cmp f01 ../data/f01", in: "mount")
                // Whatever was read ahead with that file is here.
                try bench.run(
                    "for p in p/*/*; do head -c $(stat -c %s $p) /dev/zero | dd of=$p conv=notrunc status=none; done",
                    in: "store"
                )
                let other = try bench.run(
                    "for f in f* large; do cat $f 2>&1 >/dev/null || true; done",
                    in: "mount"
                )
                #expect(other.contains("Input/output error"), "\(other)")
            }
        }
    }

    @Test func `all of it comes in the background, in few requests`() throws {
        try LazyBench.run { bench in
            try bench.run(LazyMountTests.everything)
            try bench.run(Self.files)
            let (index, files) = try bench.version(bench.commit())
            _ = bench.store.count()
            try Hydration(files).start()
            #expect(files.local.wait(for: .seconds(60)) { $0.missing == 0 ? true : nil } == true)
            #expect(files.progress.local == files.progress.total)
            let count = bench.store.count()
            #expect(count.reads < 330, "\(count)")
            bench.store.setAway(true)
            try bench.mounted(index, files) {
                let (told, written) = try (bench.text("mount"), bench.text("data"))
                #expect(told == written)
            }
        }
    }
}
