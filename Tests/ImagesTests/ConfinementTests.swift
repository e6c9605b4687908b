// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Images
@testable internal import Linux

/// The second wall around unpacking: what the thread could do if the parser or the unpacker were wrong.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct ConfinementTests {
    /// An archive that on its way tries, on the thread that unpacks it, what a parser gone wrong might.
    final class Turncoat: ByteStream {
        private let archive: [UInt8]
        private let attempts: [(name: String, body: () throws(LinuxError) -> Void)]
        private(set) var outcomes: [String: Int32] = [:]
        private var bytes: UnsafeMutableRawBufferPointer?

        init(_ archive: [UInt8], _ attempts: [(String, () throws(LinuxError) -> Void)]) {
            self.archive = archive
            self.attempts = attempts
        }

        deinit { bytes?.deallocate() }

        func next() throws(ImageError) -> UnsafeRawBufferPointer? {
            guard bytes == nil else { return nil }
            for attempt in attempts {
                do throws(LinuxError) {
                    try attempt.body()
                    outcomes[attempt.name] = 0
                } catch {
                    outcomes[attempt.name] = error.errno
                }
            }
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: archive.count, alignment: 16)
            copy.copyBytes(from: archive)
            bytes = copy
            return UnsafeRawBufferPointer(copy)
        }
    }

    private func archive() -> [UInt8] {
        var tar = TarWriter()
        tar.add(Array("app".utf8), content: Array("text".utf8))
        return tar.finished
    }

    @Test func `a thread that unpacks reaches nothing by a path but its layer`() throws {
        let shop = try Workshop()
        let store = try shop.store()
        let scratch = try store.layers.scratch()
        defer { scratch.discard() }
        // Open before: a root alone would not keep these out.
        let victim = try Descriptor.open(shop.victim, O_RDONLY | O_DIRECTORY)
        let listener = try LoopbackServer { _ in }
        let port = listener.port
        let path = shop.victim
        let archive = archive()
        let turncoat = Turncoat(
            archive,
            [
                (
                    "read by path",
                    { () throws(LinuxError) in _ = try Descriptor.open(path + "/file", O_RDONLY) }
                ),
                (
                    "make by path",
                    { () throws(LinuxError) in
                        _ = try Descriptor.open(path + "/new", O_CREAT | O_WRONLY, mode: 0o600)
                    }
                ),
                ("read", { () throws(LinuxError) in _ = try victim.open("file", O_RDONLY, resolve: []) }),
                ("write", { () throws(LinuxError) in _ = try victim.open("file", O_WRONLY, resolve: []) }),
                (
                    "make",
                    { () throws(LinuxError) in
                        _ = try victim.open("new", O_CREAT | O_WRONLY, mode: 0o600, resolve: [])
                    }
                ),
                ("remove", { () throws(LinuxError) in try victim.unlink("file") }),
                ("list", { () throws(LinuxError) in _ = try victim.entries() }),
                (
                    "take",
                    { () throws(LinuxError) in try victim.rename("file", to: "file", in: scratch.tree) }
                ),
                (
                    "link",
                    { () throws(LinuxError) in
                        try scratch.tree.makeHardLink("file", to: "file", in: victim)
                    }
                ),
                (
                    "put",
                    { () throws(LinuxError) in
                        try scratch.tree.makeDirectory("d", mode: 0o700)
                        try scratch.tree.rename("d", to: "d", in: victim)
                    }
                ),
                ("within", { () throws(LinuxError) in try scratch.tree.removeDirectory("d") }),
                (
                    "connect",
                    { () throws(LinuxError) in
                        let socket = Descriptor(
                            owning: try check("socket", "", socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
                        )
                        var address = sockaddr_in()
                        address.sin_family = UInt16(AF_INET)
                        address.sin_port = port.bigEndian
                        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                        let result = withUnsafePointer(to: &address) {
                            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                                connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                            }
                        }
                        try check("connect", "", result)
                    }
                ),
            ]
        )
        let report = try store.layers.unpack(turncoat, diffID: Digest(of: archive), into: scratch)
        #expect(report.entries == 1)
        var outcomes = turncoat.outcomes
        // Its root is the layer's folder, so there is no such path.
        #expect(outcomes.removeValue(forKey: "read by path") == ENOENT)
        #expect(outcomes.removeValue(forKey: "make by path") == ENOENT)
        #expect(outcomes.removeValue(forKey: "within") == 0)
        let connected = outcomes.removeValue(forKey: "connect")
        if Confinement.landlock >= 4 { #expect(connected == EACCES) }
        if Confinement.landlock > 0 {
            #expect(outcomes.count == 8)
            // landlock(7): a rename or link between folders that is refused looks like one between file systems.
            #expect(outcomes.allSatisfy { [EACCES, EXDEV].contains($0.value) }, "\(outcomes)")
            #expect(shop.isVictimUntouched)
        }
        // It ended with its thread.
        _ = try Descriptor.open(shop.victim + "/file", O_RDONLY)
        #expect(try Workshop.run("cat \(shop.path)/store/layers/.tmp-*/tree/app") == "text")
    }

    @Test func `without Landlock the layer's folder still is the root, and the status says so`() throws {
        let shop = try Workshop()
        try Workshop.run("mkdir \(shop.path)/below && echo own >\(shop.path)/below/file")
        let folder = try Descriptor.open(shop.path + "/below", O_RDONLY | O_DIRECTORY)
        let victim = shop.victim
        let outcome = Latch<[String]>()
        try Thread.detach {
            do {
                try Confinement.enter(folder, landlock: 0)
                let seen = access(victim, F_OK) == 0 ? "the victim" : "nothing"
                let own = try Descriptor.open("/file", O_RDONLY).readAll(limit: 100)
                let up = try Descriptor.open("/../../file", O_RDONLY).readAll(limit: 100)
                let status = mkdir("/made", 0o777) == 0 ? try folder.status("made")?.mode : nil
                outcome.set([
                    seen, String(decoding: own, as: UTF8.self), String(decoding: up, as: UTF8.self),
                    String(status ?? 0, radix: 8),
                ])
            } catch {
                outcome.set(["\(error)"])
            }
        }
        #expect(outcome.wait() == ["nothing", "own\n", "own\n", "777"])
        #expect(shop.isVictimUntouched)
    }
}
