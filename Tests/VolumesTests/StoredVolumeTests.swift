// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Volumes

@Suite struct StoredVolumeTests {
    /// Every kind of file with all that is kept of it.
    private static let everything = """
        python3 - <<'END'
        import os, stat, socket, random
        random.seed(7)
        def write(path, content): open(path, 'wb').write(content)
        write('empty', b'')
        write('small', b'hello')
        write('large', random.randbytes(5 << 20))
        write('zeros', bytes(3 << 20))
        with open('holes', 'wb') as f:
            f.seek(1 << 20); f.write(b'x' * 4096); f.seek(4 << 20); f.write(b'y' * 8192); f.truncate(6 << 20)
        with open('nothing-but-a-hole', 'wb') as f: f.truncate(1 << 24)
        os.mkdir('folder'); os.mkdir('folder/deep'); os.mkdir('folder-'); os.mkdir('closed')
        write('folder/deep/file', b'1'); write('folder-/file', b'2'); write('folder.', b'3')
        write(b'not-utf8-\\xff\\xfe\\n"', b'4')
        write('x' * 255, b'5')
        os.link('folder/deep/file', 'again'); os.link('folder/deep/file', 'folder-/again')
        os.symlink('../../etc/passwd', 'link'); os.symlink('small', 'folder/link'); os.link('link', 'link-again', follow_symlinks=False)
        os.mkfifo('fifo', 0o640)
        os.mknod('null', stat.S_IFCHR | 0o666, os.makedev(1, 3)); os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(259, 300))
        os.mknod('socket', stat.S_IFSOCK | 0o755)
        write('setuid', b'#!'); os.chown('setuid', 1234, 5678); os.chmod('setuid', 0o6755)
        os.setxattr('small', 'user.note', b'a\\0b'); os.setxattr('small', 'user.empty', b'')
        os.setxattr('folder', 'user.note', b'folder'); os.setxattr('small', 'trusted.secret', b's')
        os.setxattr('large', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
        acl = bytes.fromhex('02000000' '01000600ffffffff' '02000400d2040000' '04000400ffffffff' '10000600ffffffff' '20000000ffffffff')
        os.setxattr('small', 'system.posix_acl_access', acl)
        os.setxattr('link', 'trusted.of-a-link', b'l', follow_symlinks=False)
        os.chown('link', 7, 8, follow_symlinks=False)
        os.chmod('closed', 0o000); os.chmod('folder', 0o1777)
        os.utime('small', ns=(1, 1234567890123456789)); os.utime('link', ns=(1, -5 * 10**9 + 3), follow_symlinks=False)
        for name in ('folder/deep', 'folder', '.'): os.utime(name, ns=(1, 987654321987654321))
        END
        """

    @Test func `every kind of file comes back as it was`() throws {
        let bench = try VolumeBench()
        try bench.run(Self.everything)
        let before = try bench.text("data")
        let volume = try bench.open()
        let record = try #require(try bench.commit(volume))
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == before)
        #expect(try bench.text("data") == before)
        #expect(record.flags == [] && record.sequence == 2 && record.epoch == 1)
        // As another node reads it, which begins with nothing.
        let tail = try #require(try bench.log().tail(in: bench.scope))
        #expect(tail == record)
        // It knows what is there: nothing has to be sent but what is new.
        try bench.commit(volume, releasing: true)
        try bench.run("head -c 3000 /dev/urandom >new")
        let next = try bench.open(2)
        _ = bench.store.count()
        try bench.commit(next)
        let count = bench.store.count()
        #expect(count.writes == 2 && count.bytes < 12_000, "\(count)")
    }

    @Test(arguments: 0..<2 as Range<UInt64>) func `a random tree comes back through many commits`(
        seed: UInt64
    ) throws {
        let bench = try VolumeBench()
        var random = SeededGenerator(seed: seed)
        var volume = try bench.open()
        for step in 0..<4 {
            try bench.run(
                """
                python3 - <<'END'
                import os, random
                random.seed(\(random.next()))
                paths = [os.path.join(d, n) for d, _, names in os.walk('.') for n in names]
                folders = [d for d, _, _ in os.walk('.')]
                for path in paths:
                    what = random.random()
                    if what < 0.1: os.unlink(path)
                    elif what < 0.2:
                        with open(path, 'ab') as f: f.write(random.randbytes(random.randrange(9000)))
                    elif what < 0.25: os.chmod(path, random.randrange(0o1000))
                    elif what < 0.3: os.rename(path, os.path.join(random.choice(folders), 'r%d' % random.randrange(1 << 30)))
                    elif what < 0.35: os.link(path, os.path.join(random.choice(folders), 'l%d' % random.randrange(1 << 30)))
                for _ in range(30):
                    folder = random.choice(folders)
                    name = ''.join(random.choice('ab.-0') for _ in range(random.randrange(1, 6))).strip('.') or 'x'
                    path = os.path.join(folder, name)
                    if os.path.lexists(path): continue
                    if random.random() < 0.2: os.mkdir(path); folders.append(path)
                    else: open(path, 'wb').write(random.randbytes(int(random.expovariate(1 / 9000))))
                for folder in folders:
                    if random.random() < 0.1 and folder != '.' and os.path.isdir(folder):
                        try: os.rename(folder, 'f%d' % random.randrange(1 << 30))
                        except OSError: pass
                END
                """
            )
            let record = try #require(try bench.commit(volume), "seed \(seed), step \(step)")
            try bench.restore(record, to: "restored-\(step)")
            #expect(try bench.text("restored-\(step)") == bench.text("data"), "seed \(seed), step \(step)")
            // The same owner after a death of its agent, with nothing in memory.
            if step == 2 { volume = try bench.open() }
        }
    }

    /// Requests and bytes: one pack and one record for what changed, nothing for what did not.
    @Test func `a commit costs what changed`() throws {
        let bench = try VolumeBench()
        try bench.run(
            """
            python3 - <<'END'
            import os, random
            random.seed(1)
            for i in range(1000):
                if i % 100 == 0: os.mkdir('d%d' % (i // 100))
                open('d%d/f%d' % (i // 100, i), 'wb').write(random.randbytes(16384))
            END
            sleep 0.05
            """
        )
        let volume = try bench.open()
        _ = bench.store.count()
        try bench.commit(volume)
        let first = bench.store.count()
        // The ledger is looked at once a commit.
        #expect(first.writes <= 4 && first.reads == 1, "\(first)")
        #expect(try bench.commit(volume) == nil)
        #expect(bench.store.count() == CountingStore.Count())
        // One in a hundred, all over.
        try bench.run("for i in $(seq 0 100 999); do head -c 16384 /dev/urandom >d$((i / 100))/f$i; done")
        try bench.commit(volume)
        let second = bench.store.count()
        #expect(second.writes == 2 && second.bytes < first.bytes / 50, "\(second) after \(first)")
        // A thousand small files.
        try bench.run(
            "python3 -c 'import os; [open(\"d%d/f%d\" % (i // 100, i), \"wb\").write(os.urandom(4096)) for i in range(1000)]'"
        )
        try bench.commit(volume)
        let third = bench.store.count()
        #expect(third.writes <= 3 && third.bytes < 6_000_000, "\(third)")
    }

    /// Several threads read them, and find the same at once.
    @Test func `what many files hold is stored once`() throws {
        let bench = try VolumeBench()
        try bench.run(
            """
            python3 - <<'END'
            import random
            random.seed(2)
            contents = [random.randbytes(100_000) for _ in range(5)]
            for i in range(400): open('f%d' % i, 'wb').write(contents[i % 5])
            END
            """
        )
        let volume = try bench.open()
        let record = try #require(try bench.commit(volume))
        #expect(record.statistics.packs == 1 && record.statistics.stored < 560_000, "\(record.statistics)")
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
    }

    @Test func `a byte in a large file moves the chunks around it alone`() throws {
        let bench = try VolumeBench()
        try bench.run("head -c 20000000 /dev/urandom >large")
        let volume = try bench.open()
        try bench.commit(volume)
        _ = bench.store.count()
        try bench.run("{ head -c 9000000 large; echo; tail -c +9000001 large; } >.new; mv .new large")
        let record = try #require(try bench.commit(volume))
        #expect(bench.store.count().bytes < 9 << 20)
        try bench.restore(record, to: "restored")
        #expect(try bench.text("restored") == bench.text("data"))
    }

    /// Files come, go, and have further names while it is read; what is committed can be restored, and says what it is.
    @Test func `a directory that changes while it is read is a tree all the same`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        try Shell.run(
            """
            cd \(bench.folder)/data && timeout 60 python3 - >/dev/null 2>&1 <<'END' &
            import os, random
            names = ['%s/%d' % (f, i) for f in 'abc' for i in range(30)]
            for f in 'abc': os.mkdir(f)
            while os.path.exists('../store') and not os.path.exists('../over'):
                one, other = random.choice(names), random.choice(names)
                try:
                    match random.randrange(5):
                        case 0: open(one, 'ab').write(random.randbytes(3000))
                        case 1: os.unlink(one)
                        case 2: os.link(one, other)
                        case 3: os.rename(one, other)
                        case 4: os.symlink('/etc/passwd', one)
                except OSError: pass
            open('../gone', 'w')
            END
            """
        )
        defer {
            _ = try? Shell.run(
                "touch \(bench.folder)/over; timeout 30 sh -c 'until [ -e \(bench.folder)/gone ]; do sleep 0.05; done'"
            )
        }
        let root = try Descriptor.open("\(bench.folder)/data", 0o200000)
        var committed = 0
        for step in 0..<5_000 where committed < 6 {
            do {
                guard let record = try volume.commit(root, isCut: false, time: 0, in: bench.scope) else {
                    _ = bench.scope.wait(for: .milliseconds(5))
                    continue
                }
                #expect(record.flags == .fuzzy)
                try bench.restore(record, to: "r\(step)")
                committed += 1
            } catch let error as VolumeError {
                guard case .unsettled = error.cause else { throw error }
            }
        }
        #expect(committed == 6)
    }

    /// Whatever byte of the store is another one, nothing is restored that was not committed.
    @Test func `what is damaged in the store is an error that names it`() throws {
        let bench = try VolumeBench()
        try bench.run(
            "echo hello >file; head -c 300000 /dev/urandom >other; mkdir folder; echo 2 >folder/file"
        )
        let volume = try bench.open()
        let record = try #require(try bench.commit(volume))
        let pack = try Shell.run("find \(bench.folder)/store/p -type f").split(separator: "\n")[0]
        let size = try #require(Int(try Shell.run("stat -c %s \(pack)").dropLast()))
        var random = SeededGenerator(seed: 3)
        var caught = 0
        for step in 0..<12 {
            let place = step < 6 ? .random(in: 0..<size, using: &random) : size - 2_000 + step * 150
            try Shell.run(
                "cp \(pack) \(pack).good; printf '\\\\x5a\\\\xa5\\\\x5a' | dd of=\(pack) bs=1 seek=\(place) conv=notrunc status=none"
            )
            do {
                try bench.restore(record, to: "r\(step)")
                // It was in no chunk that is needed.
                #expect(try bench.text("r\(step)") == bench.text("data"))
            } catch let error as VolumeError {
                #expect(
                    error.description.contains("pack ") || error.description.contains("tree "),
                    "\(error)"
                )
                caught += 1
            }
            try Shell.run("mv \(pack).good \(pack)")
        }
        #expect(caught > 3)
        // A pack that is gone.
        try Shell.run("mv \(pack) \(pack).away")
        #expect(throws: VolumeError.self) { try bench.restore(record, to: "gone") }
    }
}
