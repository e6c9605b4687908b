// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing
internal import Volumes

@testable internal import Lazy

/// A version as a file system, beside the directory that it was made of.
@Suite struct LazyMountTests {
    /// Every kind of file with all that is kept of it.
    static let everything = """
        python3 - <<'END'
        import os, stat, random
        random.seed(7)
        def write(path, content): open(path, 'wb').write(content)
        write('empty', b'')
        write('small', b'hello')
        write('large', random.randbytes(5 << 20))
        write('zeros', bytes(3 << 20))
        with open('holes', 'wb') as f:
            f.seek(1 << 20); f.write(b'x' * 4096); f.seek(4 << 20); f.write(b'y' * 8192); f.truncate(6 << 20)
        with open('nothing-but-a-hole', 'wb') as f: f.truncate(1 << 24)
        # More pieces than an entry has: they are in lists.
        with open('lists', 'wb') as f:
            for i in range(300): f.seek(i << 17); f.write(random.randbytes(4096))
            f.truncate(400 << 17)
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

    @Test func `every kind of file is told as it is`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.everything)
            let (index, files) = try bench.version(bench.commit())
            try bench.mounted(index, files) {
                #expect(try bench.text("mount") == bench.text("data"))
                // All of it once more, from what is here and from what the kernel keeps.
                _ = bench.store.count()
                try bench.forget()
                #expect(try bench.text("mount") == bench.text("data"))
                #expect(bench.store.count().reads == 0)
                let (local, total, isComplete) = files.progress
                #expect(isComplete && local == total && total < index.stored)
                #expect(throws: Shell.Failure.self) { try bench.run("touch new", in: "mount") }
            }
        }
    }

    /// Some of the ids of `everything`.
    static let ids = IdentityMap(
        users: [
            IdentityMap.Range(inside: 0, outside: 200_000, count: 1_000),
            IdentityMap.Range(inside: 1_234, outside: 300_000, count: 1),
        ],
        groups: [IdentityMap.Range(inside: 0, outside: 400_000, count: 65_536)]
    )

    private static let list = """
        python3 -c 'import os; print(os.getxattr("small", "system.posix_acl_access").hex())'
        """

    @Test func `ids are told as the host knows them, and kept as the container does`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.everything)
            try bench.run("rm large zeros lists nothing-but-a-hole; chown 0:70000 empty")
            let volume = try bench.volume()
            let record = try #require(try bench.commit(volume, of: "data"))
            let (index, files) = try bench.version(record, ids: Self.ids)
            try bench.run("mkdir lower upper work merged", in: ".")
            try bench.mounted(index, files) {
                let told = try bench.run(
                    "stat -c '%n %u %g' small setuid link empty; \(Self.list)",
                    in: "mount"
                )
                #expect(
                    told.hasPrefix(
                        "small 200000 400000\nsetuid 300000 405678\nlink 200007 400008\nempty 200000 65534\n"
                    ),
                    "\(told)"
                )
                // The user 1234 in an access list.
                #expect(told.contains("02000400e0930400"), "\(told)")
                try OverlayMount.make(
                    on: "\(bench.folder)/merged",
                    lower: bench.open("mount"),
                    upper: bench.open("upper"),
                    work: bench.open("work")
                )
                try bench.run(
                    "chown 200000:400000 . && echo more >>small && touch new && chown 300000:400007 new",
                    in: "merged"
                )
                try FuseMount.take(from: "\(bench.folder)/merged")
            }
            let lower = volume.lower(ids: Self.ids)
            let next = try #require(try bench.commit(volume, of: "upper", over: lower))
            try bench.restore(next, to: "restored")
            let kept = try bench.run(
                "stat -c '%n %u %g' . small new setuid; \(Self.list)",
                in: "restored"
            )
            #expect(kept.hasPrefix(". 0 0\nsmall 0 0\nnew 1234 7\nsetuid 1234 5678\n"), "\(kept)")
            #expect(kept.contains("02000400d2040000"), "\(kept)")
        }
    }

    @Test func `ten thousand files in one folder are read, in parallel and at random`() throws {
        try LazyBench.run { bench in
            try bench.run(
                """
                python3 - <<'END'
                import os, random
                random.seed(3)
                os.mkdir('many')
                for i in range(10000): open('many/%d' % i, 'wb').write(random.randbytes(i % 8 == 0 and random.randrange(300)))
                open('large', 'wb').write(random.randbytes(6 << 20))
                END
                cp /bin/true run
                """
            )
            let (index, files) = try bench.version(bench.commit())
            try Hydration(files).start()
            try bench.mounted(index, files) {
                let told = try bench.run(
                    """
                    diff <(ls -l --time-style=full-iso many) <(ls -l --time-style=full-iso ../data/many) && ls many | wc -l
                    ls many | xargs -P 4 -n 2500 sh -c 'cd many; cat "$@" >/dev/null' sh
                    ls many | (cd many; xargs cat) | cmp - <(cd ../data/many; ls | xargs cat)
                    python3 - <<'END'
                    import mmap, os, random, threading
                    mine, theirs = (open(d + 'large', 'rb') for d in ('./', '../data/'))
                    map = mmap.mmap(mine.fileno(), 0, prot=mmap.PROT_READ)
                    def read(seed):
                        r = random.Random(seed)
                        for _ in range(100):
                            at, size = r.randrange(6 << 20), r.randrange(300 << 10)
                            expected = os.pread(theirs.fileno(), size, at)
                            assert os.pread(mine.fileno(), size, at) == expected and map[at:at + size] == expected
                    threads = [threading.Thread(target=read, args=[i]) for i in range(4)]
                    for t in threads: t.start()
                    for t in threads: t.join()
                    assert os.stat('missing' if os.path.exists('missing') else 'large').st_size == 6 << 20
                    END
                    ./run && stat -f -c %T . && ! ls missing 2>/dev/null
                    """,
                    in: "mount"
                )
                #expect(told == "10000\nfuseblk\n", "\(told)")
            }
        }
    }
}
