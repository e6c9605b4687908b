// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Volumes

@testable internal import Lazy

/// A version with what was changed above it becomes the next version.
@Suite struct OverlayTests {
    @Test(arguments: 0..<2 as Range<UInt64>) func `an upper directory alone says what the volume is`(
        seed: UInt64
    ) throws {
        try LazyBench.run { bench in
            try bench.run(LazyMountTests.everything)
            try bench.run("rm large zeros lists nothing-but-a-hole")
            try bench.run(
                """
                for d in a b c; do mkdir $d; for i in 1 2 3 4 5 6; do mkdir $d/$i; echo $d$i >$d/$i/file; done; done
                for i in 1 2 3 4 5 6; do ln a/$i/file b/$i/other; ln a/$i/file c/other$i; done
                """
            )
            let volume = try bench.volume()
            _ = try bench.commit(volume, of: "data")
            let lower = volume.lower()
            try bench.run("cp -a data lower; mkdir upper work merged", in: ".")
            for step in 0..<2 {
                try OverlayMount.make(
                    on: "\(bench.folder)/merged",
                    lower: bench.open("lower"),
                    upper: bench.open("upper"),
                    work: bench.open("work")
                )
                try bench.run(Self.changes(seed: seed * 10 + UInt64(step)), in: "merged")
                let told = try bench.text("merged", links: false)
                try FuseMount.take(from: "\(bench.folder)/merged")
                let record = try #require(try bench.commit(volume, of: "upper", over: lower))
                try bench.restore(record, to: "restored-\(step)")
                let restored = try bench.text("restored-\(step)", links: false)
                #expect(restored == told, "seed \(seed), step \(step)")
            }
        }
    }

    private static func changes(seed: UInt64) -> String {
        """
        python3 - <<'END'
        import os, random, shutil
        random.seed(\(seed))
        def name(letter): return '%s%d' % (letter, random.randrange(1 << 30))
        for _ in range(40):
            folders = [d for d, _, _ in os.walk('.')]
            paths = [os.path.join(d, n) for d, _, names in os.walk('.') for n in names if n.isascii()]
            folder, path, what = random.choice(folders), random.choice(paths), random.randrange(12)
            isPlain = os.path.isfile(path) and not os.path.islink(path)
            if what == 0: os.unlink(path)
            elif what == 1 and isPlain:
                with open(path, 'ab') as f: f.write(random.randbytes(5000))
            elif what == 2 and not os.path.islink(path): os.chmod(path, random.randrange(0o1000))
            elif what == 3: os.rename(path, os.path.join(folder, name('r')))
            elif what == 4: os.link(path, os.path.join(folder, name('l')), follow_symlinks=False)
            elif what == 5: os.mkdir(os.path.join(folder, name('d')))
            elif what == 6: open(os.path.join(folder, name('n')), 'wb').write(random.randbytes(random.randrange(9000)))
            elif what == 7 and folder != '.':
                # Hidden whole, and what is new below it alone is seen.
                shutil.rmtree(folder); os.mkdir(folder); open(os.path.join(folder, name('o')), 'w').close()
            elif what == 8: os.unlink(path); os.mkdir(path); open(os.path.join(path, 'x'), 'w').close()
            elif what == 9 and folder != '.': shutil.rmtree(folder); open(folder, 'w').write('was a folder')
            elif what == 10 and isPlain: os.setxattr(path, 'user.' + name('x'), b'v')
            elif what == 11 and folder != '.':
                # EXDEV where it is below: as mv does then.
                try: os.rename(folder, name('m'))
                except OSError:
                    to = name('c'); shutil.copytree(folder, to, symlinks=True); shutil.rmtree(folder)
        END
        """
    }
}
