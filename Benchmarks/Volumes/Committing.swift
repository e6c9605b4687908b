// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// What commits of a tree of small files cost, in a directory store of the same file system.
enum Committing {
    /// Runs in an empty folder; 10,000 files of 16 KiB unless told otherwise.
    static func run(in folder: String, files: Int, size: Int) throws {
        let data = "\(folder)/data", store = "\(folder)/store"
        for path in [data, store] { try check("mkdir", path, mkdir(path, 0o755)) }
        for index in 0..<files {
            if index % 1_000 == 0 { try check("mkdir", data, mkdir("\(data)/d\(index / 1_000)", 0o755)) }
            try write(index, size, data)
        }
        sleep(1)
        let log = CommitLog(try LogPlace(app: "bench", volume: "data"), in: DirectoryStore(path: store))
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "bench"),
            scope = TransferScope()
        let volume = try StoredVolume(log, for: owner, time: 0, in: scope)
        let root = try Descriptor.open(data, O_RDONLY | O_DIRECTORY)
        func commit(_ what: String) throws {
            let clock = ContinuousClock(), start = clock.now
            let record = try volume.commit(root, isCut: true, time: 0, in: scope)
            let numbers =
                record.map { "\($0.statistics.packs) packs, \($0.statistics.stored) bytes" } ?? "nothing"
            print("\(what): \(clock.now - start), \(numbers)")
        }
        try commit("\(files) files of \(size) bytes")
        try commit("no change")
        for index in stride(from: 0, to: files, by: 100) { try write(index, size, data) }
        try commit("one in a hundred changed")
        for index in 0..<min(1_000, files) { try write(index, 4_096, data) }
        try commit("a thousand files of 4 KiB")
        let clock = ContinuousClock(), start = clock.now
        try check("mkdir", "restored", mkdir("\(folder)/restored", 0o755))
        let place = try Descriptor.open("\(folder)/restored", O_RDONLY | O_DIRECTORY)
        try StoredVolume.restore(volume.head, from: log.store, into: place, in: scope)
        print("restored: \(clock.now - start)")
    }

    private static func write(_ index: Int, _ size: Int, _ folder: String) throws {
        let path = "\(folder)/d\(index / 1_000)/f\(index)"
        let file = try Descriptor.open(path, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644)
        try file.write(Descriptor.open("/dev/urandom", O_RDONLY).read(size))
    }
}
