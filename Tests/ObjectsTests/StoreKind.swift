// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import TestKit
internal import Transfer

/// The stores that there are; each runs the whole of `ObjectStoreSuite`.
enum StoreKind: String, CaseIterable {
    case directory
    /// The same with seals.
    case sealed
    case moto
    case seaweed
    case rados
    case swift
    /// The same server in the language of S3.
    case swiftS3

    /// Servers are asked by HTTP, which takes its time: they run the whole suite with fewer arguments.
    var isServer: Bool { !isDirectory }

    /// It is on this node.
    var isDirectory: Bool { self == .directory || self == .sealed }

    /// Those that are here.
    static let allCases: [StoreKind] =
        [.directory, .sealed] + (S3Server.isThere ? [.moto, .seaweed] : [])
        + (RadosGateway.isThere ? [.rados] : [])
        + (SwiftServer.isThere ? [.swift, .swiftS3] : [])
    /// Those that keep one of two who create an object.
    static let creators = allCases.filter { $0 != .swift && $0 != .swiftS3 }
    /// Those that are asked much: no server twice.
    static let busy = allCases.filter { $0 != .swiftS3 }

    /// A store without any object.
    func empty() throws -> StoreBench {
        switch self {
        case .directory:
            let folder = try StoreFolder()
            return StoreBench(DirectoryStore(path: folder.path), folder)
        case .sealed:
            let folder = try StoreFolder(), key = try SealedStoreTests.key("1")
            let store = SealedStore(DirectoryStore(path: folder.path)) { () throws(ObjectError) in
                try SealingKeys([key])
            }
            return StoreBench(store, folder)
        case .moto: return StoreBench(RetriedStore(try S3Server.moto.get().bucket()), ())
        case .rados: return StoreBench(RetriedStore(try S3Server.rados.get().bucket()), ())
        case .seaweed: return StoreBench(RetriedStore(try S3Server.seaweed.get().bucket()), ())
        case .swift: return StoreBench(RetriedStore(try SwiftServer.shared.get().store()), ())
        case .swiftS3: return StoreBench(RetriedStore(try SwiftServer.shared.get().bucket()), ())
        }
    }
}

/// A store of a test's own, and what goes with it.
final class StoreBench: Sendable {
    let store: any ObjectStore
    let scope = TransferScope()
    private let backing: any Sendable

    init(_ store: any ObjectStore, _ backing: any Sendable) {
        self.store = store
        self.backing = backing
    }

    func put(_ text: String, at key: String) throws {
        try store.put(Array(text.utf8), at: ObjectKey(key), in: scope)
    }

    func create(_ text: String, at key: String) throws -> Bool {
        try store.create(Array(text.utf8), at: ObjectKey(key), in: scope) != .present
    }

    func text(_ key: String) throws -> String {
        let object = try store.get(ObjectKey(key), limit: 16 << 20, in: scope)
        return String(decoding: object.bytes, as: UTF8.self)
    }

    func delete(_ key: String) throws { try store.delete(ObjectKey(key), in: scope) }

    func status(_ key: String) throws -> ObjectStatus { try store.head(ObjectKey(key), in: scope) }

    /// All keys from page to page.
    func keys(_ prefix: String = "", after key: String? = nil, limit: Int = 1_000) throws -> [String] {
        var found: [String] = []
        var after = try key.map { try ObjectKey($0) }
        while true {
            let page = try store.list(prefix, after: after, limit: limit, in: scope)
            found += page.entries.map(\.key.text)
            guard let next = page.next else { return found }
            after = next
        }
    }

    /// Why something cannot be done; nil if it can.
    func cause(_ body: () throws -> Void) throws -> ObjectError.Cause? {
        do { try body() } catch let error as ObjectError { return error.cause }
        return nil
    }
}

/// An empty folder that goes with its last reference.
final class StoreFolder: Sendable {
    let path: String

    init() throws {
        path = "/var/tmp/martlet-objects-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -m 755 \(path)")
    }

    deinit { _ = try? Shell.run("rm -rf \(path)") }

    /// Runs a shell script in it; its output.
    @discardableResult
    func run(_ script: String) throws -> String {
        try Shell.run("set -e; umask 022; cd \(path)\n\(script)\n")
    }
}
