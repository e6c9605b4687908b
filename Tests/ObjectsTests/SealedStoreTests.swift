// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Linux
internal import TestKit
internal import Testing
internal import Transfer

@testable internal import Objects
@testable internal import Volumes

/// What a sealed store gives away, and what it does not believe.
///
/// That it is a store, `ObjectStoreSuite` shows.
@Suite(.timeLimit(.minutes(5))) struct SealedStoreTests {
    static func key(_ digit: String) throws -> SealingKey {
        try #require(SealingKey(hex: Array(String(repeating: digit, count: 64).utf8)))
    }

    private static func sealed(_ store: any ObjectStore, _ digits: String...) throws -> SealedStore {
        let keys = try digits.map(key)
        return SealedStore(store) { () throws(ObjectError) in try SealingKeys(keys) }
    }

    private static func reason(_ body: () throws -> Void) throws -> String {
        do { try body() } catch let error as ObjectError { return error.reason } catch let error
            as VolumeError
        {
            return error.reason
        }
        return "none"
    }

    @Test func `sizes are what they are without seals, whatever they are`() {
        let plain = SealedLayout.plain
        for size in [0, 1, plain - 1, plain, plain + 1, 5 * plain, 5 * plain + 7] {
            #expect(SealedLayout.size(ofStored: SealedLayout.storedSize(of: size)) == size)
        }
        for stored in [0, 1, 39, SealedLayout.stored + 40, SealedLayout.stored + 1] {
            #expect(SealedLayout.size(ofStored: stored) == nil)
        }
    }

    @Test func `a key is replaced by one before it, and one that is not there is named`() throws {
        let folder = try StoreFolder(), plain = DirectoryStore(path: folder.path), scope = TransferScope()
        let key = try ObjectKey("a/b"), text = Array("what nobody else may read".utf8)
        try Self.sealed(plain, "1").put(text, at: key, in: scope)
        let both = try Self.sealed(plain, "2", "1")
        #expect(try both.get(key, limit: 100, in: scope).bytes == text)
        let id = HashFunction.hex(of: try Self.key("1").id ?? [])
        let reason = try Self.reason {
            _ = try Self.sealed(plain, "2").get(key, limit: 100, in: scope)
        }
        #expect(reason.contains("sealed with the key \(id)") && reason.contains("node.yaml"), "\(reason)")
        try both.put(text, at: key, in: scope)
        #expect(try Self.sealed(plain, "2").get(key, limit: 100, in: scope).bytes == text)
        #expect(try !folder.run("cat a/b | strings").contains("nobody"))
    }

    @Test func `what was moved, cut, exchanged or is not sealed is not believed`() throws {
        let folder = try StoreFolder(), plain = DirectoryStore(path: folder.path), scope = TransferScope()
        let store = try Self.sealed(plain, "1"), key = try ObjectKey("a")
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try store.put(bytes, at: key, in: scope)
        let stored = Int(SealedLayout.stored)
        let sealed = try plain.get(key, limit: 1 << 20, in: scope).bytes
        func reason(_ forged: [UInt8], at key: ObjectKey) throws -> String {
            try plain.put(forged, at: key, in: scope)
            return try Self.reason { _ = try store.get(key, limit: 1 << 20, in: scope) }
        }
        let what = "is not what was sealed there: it was damaged, moved or forged"
        #expect(try reason(sealed, at: ObjectKey("b")) == what)
        for count in [stored, 2 * stored] {
            #expect(try reason(Array(sealed.prefix(count)), at: key) == what)
        }
        let exchanged = sealed[stored..<2 * stored] + sealed[..<stored] + sealed[(2 * stored)...]
        #expect(try reason(Array(exchanged), at: key) == what)
        var changed = sealed
        changed[stored + 100] ^= 1
        #expect(try reason(changed, at: key) == what)
        // The others can be read still.
        #expect(
            try store.get(key, 0..<1_000, limit: 1_000, unless: nil, in: scope)?.bytes
                == Array(bytes[..<1_000])
        )
        #expect(try reason(Array("hello".utf8), at: key).contains("is not sealed"))
        #expect(try reason(sealed, at: key) == "none")
    }

    @Test func `of a volume in a sealed store neither names nor contents are to be seen`() throws {
        let folder = try StoreFolder(), data = try StoreFolder(), back = try StoreFolder()
        let scope = TransferScope(), plain = DirectoryStore(path: folder.path)
        try data.run("echo 'the secret word' >'the secret name'; head -c 3000000 /dev/urandom >large")
        let owner = CommitRecord.Owner(id: [UInt8](repeating: 1, count: 16), node: "the-secret-node")
        func log(_ store: any ObjectStore) throws -> CommitLog {
            CommitLog(try LogPlace(app: "shop", volume: "data"), in: store)
        }
        let sealed = try Self.sealed(plain, "1")
        let volume = try StoredVolume(log(sealed), for: owner, time: 0, in: scope)
        #expect(volume.guarantee == .fenced)
        let root = try Descriptor.open(data.path, O_RDONLY | O_DIRECTORY)
        let record = try #require(try volume.commit(root, isCut: true, time: 0, in: scope))
        try StoredVolume.restore(
            record,
            from: sealed,
            into: Descriptor.open(back.path, O_RDONLY | O_DIRECTORY),
            in: scope
        )
        #expect(try back.run("sha256sum *") == data.run("sha256sum *"))
        let name = try ContentName(of: Array("the secret word\n".utf8)).hex
        let search =
            "import sys; all = sys.stdin.buffer.read(); print(b'secret' in all, bytes.fromhex('\(name)') in all)"
        #expect(try folder.run("find . -type f | xargs cat | python3 -c \"\(search)\"") == "False False\n")
        // It is fenced as others are.
        let other = CommitRecord.Owner(id: [UInt8](repeating: 2, count: 16), node: "other")
        _ = try volume.commit(root, isCut: true, releasing: true, time: 0, in: scope)
        #expect(try StoredVolume(log(sealed), for: other, time: 0, in: scope).head.epoch == 2)
        let reason = try Self.reason {
            _ = try StoredVolume(log(Self.sealed(plain, "2")), for: other, time: 0, in: scope)
        }
        #expect(reason.contains("is sealed with the key"), "\(reason)")
    }
}
