// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Testing
internal import Volumes

@testable internal import Lazy

/// `martlet-lazy` below a volume that somebody uses.
@Suite struct LazyProcessTests {
    static let program = ".build/debug/martlet-lazy"
    private static let files = """
        python3 - <<'END'
        import os, random
        random.seed(5)
        for i in range(1000):
            os.makedirs('d%d' % (i % 10), exist_ok=True)
            open('d%d/f%d' % (i % 10, i), 'wb').write(random.randbytes(random.randrange(1, 20000)))
        open('large', 'wb').write(random.randbytes(6 << 20))
        END
        """

    @Test func `settings say the same when they are read`() throws {
        var settings = LazySettings(
            app: "shop",
            volume: "data",
            sequence: 7,
            store: .directory(path: "/s"),
            cache: "/c"
        )
        #expect(try LazySettings(settings.encoded()) == settings)
        var bucket = LazySettings.Bucket(
            endpoint: "https://s3.example:9000/",
            bucket: "b",
            key: .fixed(AccessKey(id: "id", secret: "s=e cret", session: "t"))
        )
        (bucket.isPathStyle, bucket.owner, bucket.prefix, bucket.authorities) = (false, "1", "p/", "/ca.pem")
        for key in [bucket.key, .file("/keys"), .chain] {
            bucket.key = key
            settings.store = .s3(bucket)
            (settings.sequence, settings.isHydrated, settings.limit, settings.cgroup) = (nil, false, 5, "/g")
            settings.ids = LazyMountTests.ids
            #expect(try LazySettings(settings.encoded()) == settings)
        }
        let bytes = try settings.encoded()
        for wrong in [
            Array(bytes.dropLast()), bytes + Array("more=1\0".utf8), bytes + Array("app=x\0".utf8), [],
            Array(String(decoding: bytes, as: UTF8.self).replacing("limit=5", with: "limit=-5").utf8),
            Array(String(decoding: bytes, as: UTF8.self).replacing("cache=/c", with: "cache=c").utf8),
        ] {
            #expect(throws: LazySettings.Flaw.self) { try LazySettings(wrong) }
        }
        settings.app = "a\0b"
        #expect(throws: LazySettings.Flaw.self) { try settings.encoded() }
    }

    @Test func `what cannot be served is said, and nobody is left`() throws {
        try LazyBench.run { bench in
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            let log = try Descriptor.open("/dev/null", O_WRONLY)
            let missing = #expect(throws: LazyProcess.Failure.self) {
                try LazyProcess.start(Self.program, bench.settings(volume.cache), on: device, log: log)
            }
            #expect(
                missing?.description.contains("the store has no such volume") == true,
                "\(missing as Any)"
            )
            try volume.unmount()
        }
    }

    @Test func `a service reads on while who started it, and then itself, is killed`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            _ = try bench.commit()
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            var settings = bench.settings(volume.cache)
            settings.isHydrated = false
            // The agent: a process that starts it and is killed.
            let agent = try bench.started(settings, by: device)
            let merged = try volume.mountMerged()
            #expect(merged == "\(bench.folder)/mount/data")
            let output = try Descriptor.open(
                "\(bench.folder)/read",
                O_WRONLY | O_CREAT | O_APPEND,
                mode: 0o600
            )
            let service = try Spawn(
                ["/bin/sh", "-c", "cd \"$0\" && exec python3 -c \"$1\"", merged, Self.service],
                descriptors: [1: output]
            ).start()
            try bench.waitForLines(200, in: "read")
            kill(agent.pid, SIGKILL)
            #expect(waitpid(agent.pid, nil, 0) == agent.pid)
            try bench.waitForLines(500, in: "read")
            try bench.run("kill -9 $(cat lazy.pid)", in: ".")
            // Nobody serves, and the next one answers what was asked.
            let next = try LazyProcess.start(
                Self.program,
                settings,
                on: device,
                log: Descriptor.open("\(bench.folder)/log", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
            )
            var status: Int32 = -1
            #expect(waitpid(service, &status, 0) == service && status == 0)
            let told = try bench.run("tail -n 1 read", in: ".")
            #expect(told == "done\n", "\(told)")
            try bench.run("rm -r written; diff -r . ../../data", in: "mount/data")
            let progress = try LazyControl.status(of: Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY))
            #expect(
                progress.sequence == 2 && progress.local > 8 << 20,
                "\(progress)"
            )
            // What was written is in the upper directory, and the version is as it was.
            try bench.run("echo new >d1/f1; rm d2/f2; mv d3/f3 moved; mkdir other", in: "mount/data")
            let upper = try bench.run("find . | sort; cat d1/f1", in: "mount/upper")
            #expect(
                upper == ".\n./d1\n./d1/f1\n./d2\n./d2/f2\n./d3\n./d3/f3\n./moved\n./other\nnew\n",
                "\(upper)"
            )
            #expect(try bench.run("diff -r . ../../data", in: "mount/lower") == "")
            // The last that knows the mount goes with it.
            try volume.unmount()
            #expect(waitpid(next.pid, &status, 0) == next.pid && status == 0)
            #expect(throws: LinuxError.self) {
                try LazyControl.status(of: Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY))
            }
        }
    }

    private static let service = """
        import os, sys
        os.mkdir('written')
        for i in range(1000):
            with open('d%d/f%d' % (i % 10, i), 'rb') as f: content = f.read()
            with open('../../data/d%d/f%d' % (i % 10, i), 'rb') as f: assert f.read() == content
            with open('written/%d' % i, 'wb') as f: f.write(content)
            print(i, flush=True)
        print('done', flush=True)
        """

    @Test func `who waits for the store when the process is killed is answered by the next`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            _ = try bench.commit()
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            var settings = bench.settings(volume.cache)
            settings.isHydrated = false
            let log = try Descriptor.open("/dev/null", O_WRONLY)
            let first = try LazyProcess.start(Self.program, settings, on: device, log: log)
            // Another process is not let in beside it.
            #expect(throws: LazyProcess.Failure.self) {
                try LazyProcess.start(Self.program, settings, on: device, log: log)
            }
            try bench.run("mv store away", in: ".")
            let readers = try (0..<20).map { number in
                let file = "d\(number % 10)/f\(number)"
                return try Spawn(
                    ["/usr/bin/cmp", "\(bench.folder)/mount/lower/\(file)", "\(bench.folder)/data/\(file)"]
                ).start()
            }
            let cache = try Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY)
            while try LazyControl.status(of: cache).waiting < readers.count { usleep(20_000) }
            kill(first.pid, SIGKILL)
            #expect(waitpid(first.pid, nil, 0) == first.pid)
            try bench.run("mv away store", in: ".")
            let next = try LazyProcess.start(Self.program, settings, on: device, log: log)
            for reader in readers {
                var status: Int32 = -1
                #expect(waitpid(reader, &status, 0) == reader && status == 0)
            }
            // It is the last version no more, and served all the same; another one is not, in the same folder.
            try bench.run("rm -r d1; mkdir d1", in: "data")
            let later = try bench.commit()
            try LazyControl.stop(cache)
            #expect(waitpid(next.pid, nil, 0) == next.pid)
            let last = try LazyProcess.start(Self.program, settings, on: device, log: log)
            try bench.run("cat d1/f991 | wc -c", in: "mount/lower")
            #expect(try LazyControl.status(of: cache).sequence == 2)
            try LazyControl.stop(cache)
            #expect(waitpid(last.pid, nil, 0) == last.pid)
            settings.sequence = later.sequence
            let other = #expect(throws: LazyProcess.Failure.self) {
                try LazyProcess.start(Self.program, settings, on: device, log: log)
            }
            #expect(other?.description.contains("of version 2") == true, "\(other as Any)")
            try volume.unmount()
        }
    }

    @Test func `a signal interrupts no read, unless it ends the reader`() throws {
        try LazyBench.run { bench in
            try bench.run(Self.files)
            _ = try bench.commit()
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            var settings = bench.settings(volume.cache)
            settings.isHydrated = false
            let log = try Descriptor.open("/dev/null", O_WRONLY)
            let process = try LazyProcess.start(Self.program, settings, on: device, log: log)
            let cache = try Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY)
            try bench.run("mv store away", in: ".")
            // A page fault: what failed there would be SIGBUS.
            let reader = try Spawn(
                ["/usr/bin/python3", "-c", Self.fault, "\(bench.folder)/mount/lower/large"]
            ).start()
            while try LazyControl.status(of: cache).waiting < 1 { usleep(20_000) }
            kill(reader, SIGUSR1)
            // It comes behind the signal, and is let go of: so the signal was heard.
            let killed = try Spawn(["/bin/cat", "\(bench.folder)/mount/lower/d1/f1"]).start()
            while try LazyControl.status(of: cache).waiting < 2 { usleep(20_000) }
            kill(killed, SIGKILL)
            var status: Int32 = -1
            #expect(waitpid(killed, &status, 0) == killed && status == SIGKILL)
            #expect(waitpid(reader, &status, WNOHANG) == 0)
            try bench.run("mv away store", in: ".")
            #expect(waitpid(reader, &status, 0) == reader && status == 0)
            try volume.end()
            #expect(waitpid(process.pid, &status, 0) == process.pid && status == 0)
            let mounts = try volume.mounts()
            #expect(!mounts.volume && !mounts.version)
        }
    }

    private static let fault = """
        import mmap, signal, sys
        signal.signal(signal.SIGUSR1, lambda *_: None)
        with open(sys.argv[1], 'rb') as file: memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        memory.madvise(mmap.MADV_RANDOM)
        memory[0]
        """

    @Test func `once all is here the next mount needs nobody`() throws {
        try LazyBench.run { bench in
            try bench.run(LazyMountTests.everything)
            _ = try bench.commit()
            let volume = try LazyVolume("\(bench.folder)/mount")
            let device = try volume.mountLower(source: "shop/data")
            let log = try Descriptor.open("\(bench.folder)/log", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
            let process = try LazyProcess.start(
                Self.program,
                bench.settings(volume.cache),
                on: device,
                log: log
            )
            _ = try volume.mountMerged()
            try bench.run("echo more >>small; rm folder/link", in: "mount/data")
            let cache = try Descriptor.open(volume.cache, O_RDONLY | O_DIRECTORY)
            while try !LazyControl.status(of: cache).isComplete { usleep(20_000) }
            #expect(try volume.isHere())
            try volume.unmount()
            var status: Int32 = -1
            #expect(waitpid(process.pid, &status, 0) == process.pid && status == 0)
            try bench.run("rm -r files lists", in: "mount/cache")
            try bench.run("mv store away", in: ".")
            let plain = try bench.text("mount/cache/plain")
            #expect(try plain == bench.text("data"))
            _ = try volume.mountMerged()
            try bench.run(
                "tail -n 1 small; [ ! -e folder/link ]; cmp large ../../data/large",
                in: "mount/data"
            )
            try volume.unmount()
            let said = try bench.run("cat log", in: ".")
            #expect(said == "")
        }
    }
}
