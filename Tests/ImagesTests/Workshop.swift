// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

@testable internal import Images

/// A folder of its own for one test, with a victim that nothing may touch; removed with its last reference.
final class Workshop {
    let path: String
    let victim: String
    private(set) var untouched = ""

    init() throws {
        path = "/tmp/martlet-images-\(getpid())-" + String(UInt64.random(in: .min ... .max), radix: 16)
        victim = path + "/victim"
        try Self.run(
            "mkdir -p \(victim)/deep && echo secret >\(victim)/file && chmod 600 \(victim)/file && ln -s file \(victim)/link"
        )
        untouched = try Self.picture(victim)
    }

    deinit { _ = try? Self.run("rm -rf \(path)") }

    var isVictimUntouched: Bool {
        let mark = try? Descriptor.open(victim, O_RDONLY).attribute("trusted.overlay.opaque")
        return (try? Self.picture(victim)) == untouched && mark == .some(nil)
    }

    func store(_ limits: ImageLimits = ImageLimits()) throws -> ImageStore {
        try ImageStore.open(at: path + "/store", limits: limits)
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = try Descriptor.open(path + "/" + name, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644)
        try file.write(bytes)
        return path + "/" + name
    }

    func read(_ name: String) throws -> [UInt8] {
        try Descriptor.open(path + "/" + name, O_RDONLY).readAll(limit: 64 << 20)
    }

    func gzip(_ bytes: [UInt8], with tool: String = "gzip -1n") throws -> [UInt8] {
        try write(bytes, to: "pressed")
        try Self.run("\(tool) <\(path)/pressed >\(path)/pressed.out")
        return try read("pressed.out")
    }

    /// Unpacks one layer; gives its directory.
    func unpack(_ archive: [UInt8], limits: ImageLimits = ImageLimits()) throws -> (
        tree: String, report: LayerReport
    ) {
        let store = try store(limits)
        let diffID = Digest(of: archive)
        let report = try unpack(archive, diffID: diffID, in: store)
        return (store.layers.path(of: diffID), report)
    }

    /// Unpacks what a blob holds in a store.
    @discardableResult
    func unpack(_ blob: [UInt8], diffID: Digest, in store: ImageStore) throws -> LayerReport {
        try unpack(file: try write(blob, to: "layer.blob"), diffID: diffID, in: store)
    }

    /// The same from a file.
    @discardableResult
    func unpack(file: String, diffID: Digest, in store: ImageStore) throws -> LayerReport {
        let (digest, size) = try Self.sum(file)
        return try store.layers.unpack(
            Descriptor.open(file, O_RDONLY),
            ContentDescriptor(mediaType: MediaType.ociLayer, digest: digest, size: size),
            diffID: diffID
        )
    }

    /// The digest and the size of a file.
    static func sum(_ file: String) throws -> (Digest, Int) {
        let stream = HashedStream(FileStream(try Descriptor.open(file, O_RDONLY), subject: file))
        var size = 0
        while let bytes = try stream.next() { size += bytes.count }
        return (try stream.finish(), size)
    }

    /// Everything about a tree, as text: kinds, modes, owners, sizes, times of files, link targets, contents.
    static func picture(_ path: String) throws -> String {
        try run(
            """
            cd \(path) && find . -mindepth 1 \\( -type d -printf '%y %m %U %G %P\\n' -o -printf '%y %m %U %G %s %T@ %n %l %P\\n' \\) \
            | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
            """
        )
    }

    /// Runs a shell line; gives what it prints.
    @discardableResult
    static func run(_ line: String) throws -> String { try Shell.run(line) }
}
