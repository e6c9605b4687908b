// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// `volumes.NAME.x-martlet`.
@Suite struct VolumeStorageTests {
    private static func text(_ storage: String) -> String {
        """
        name: shop
        services:
          web: { image: "a:1", volumes: ["data:/data", "cache:/cache"] }
          db: { image: "b:1", volumes: ["data:/data"] }
          idle: { image: "c:1" }
        volumes:
          cache: {}
          data: { x-martlet: \(storage) }

        """
    }

    private static func app(_ storage: String) throws -> App {
        try App.decode(yaml: text(storage), file: "compose.yaml", directory: "/", environment: [:])
    }

    @Test func `every word says what it says, and all but the store have a default`() throws {
        #expect(try Self.app("{store: files}").volume("data")?.storage == VolumeStorage(store: "files"))
        #expect(try Self.app("{store: files}").volume("cache")?.storage == nil)
        let all = try Self.app(
            """
            {store: files, mode: snapshot, commit: 1m, restore: lazy, lease: {ttl: 30s}, max_dirty: 64M,
               on_store_down: stop, on_remove: delete, quiesce: {service: db, exec: [redis-cli, SAVE]},
               retain: {last: 3, daily: 7}, quota: 5G}
            """
        )
        #expect(
            all.volume("data")?.storage
                == VolumeStorage(
                    store: "files",
                    commit: .seconds(60),
                    restore: .lazy,
                    lease: .seconds(30),
                    quiesce: .init(service: "db", command: ["redis-cli", "SAVE"]),
                    maximumDirty: ByteCount(64 << 20),
                    onStoreDown: .stop,
                    retain: .init(last: 3, daily: 7),
                    quota: ByteCount(5 << 30),
                    onRemove: .delete
                )
        )
        #expect(
            all.canonicalJSON().contains(
                #""data":{"x-martlet":{"commit":60000000000,"lease":{"ttl":30000000000},"max_dirty":67108864,"#
                    + #""on_remove":"delete","on_store_down":"stop","quiesce":{"exec":["redis-cli","SAVE"],"#
                    + #""service":"db"},"quota":5368709120,"restore":"lazy","retain":{"daily":7,"last":3},"store":"files"}}"#
            ),
            "\(all.canonicalJSON())"
        )
    }

    @Test func `versions are kept by the usual rules, by others, or all`() throws {
        let usual = try Self.app("{store: s}").volume("data")?.storage?.retain
        #expect(usual == .init(last: 10, hourly: 24, daily: 14))
        let all = try Self.app("{store: s, retain: all}")
        let storage = try #require(all.volume("data")?.storage)
        #expect(storage.retain == nil)
        #expect(all.canonicalJSON().contains(#""data":{"x-martlet":{"retain":"all","store":"s"}}"#))
        #expect(
            try Self.app("{store: s, retain: {last: 10, hourly: 24, daily: 14}}").digest
                == Self.app("{store: s}").digest
        )
    }

    @Test func `a volume may be plain objects, or want an encrypted store`() throws {
        let objects = try Self.app(
            "{store: files, mode: objects, prefix: site/images, commit: 1m, max_dirty: 1M}"
        )
        #expect(
            objects.volume("data")?.storage
                == VolumeStorage(
                    store: "files",
                    mode: .objects,
                    prefix: "site/images",
                    commit: .seconds(60),
                    maximumDirty: ByteCount(1 << 20)
                )
        )
        #expect(objects.canonicalJSON().contains(#""mode":"objects","prefix":"site/images","store":"files""#))
        let databases = try Self.app("{store: files, mode: sqlite, commit: 1s}")
        #expect(
            databases.volume("data")?.storage
                == VolumeStorage(store: "files", mode: .sqlite, commit: .seconds(1))
        )
        let sealed = try Self.app("{store: files, encrypt: true}")
        #expect(sealed.volume("data")?.storage == VolumeStorage(store: "files", isEncrypted: true))
        #expect(sealed.canonicalJSON().contains(#""x-martlet":{"encrypt":true,"store":"files"}"#))
        #expect(try Self.app("{store: files, encrypt: false}") == Self.app("{store: files}"))
        // Other files are a reason for new containers.
        let keys = try [
            "{store: files}", "{store: files, mode: objects}", "{store: files, mode: objects, prefix: a}",
        ]
        .map { try Self.app($0) }.map { $0.replaceKey(of: $0.services[0]) }
        #expect(Set(keys).count == 3)
        #expect(databases.replaceKey(of: databases.services[0]) == keys[0])
    }

    @Test(arguments: [
        ("{}", "volumes.data.x-martlet | 'store' is missing: name a store of node.yaml"),
        ("{store: a/b}", "volumes.data.x-martlet.store | 'a/b' is not the name of a store"),
        ("{store: s, on_remove: burn}", "on_remove | 'burn' is not what happens then: use keep or delete"),
        ("{store: s, restore: later}", "'later' is not how files come back: use eager or lazy"),
        (
            "{store: s, mode: plain}",
            "volumes.data.x-martlet.mode | 'plain' is not a mode of volumes: use snapshot,"
        ),
        (
            "{store: s, mode: objects, lease: {ttl: 9s}}",
            "x-martlet.lease | holds nobody off: objects have no lease"
        ),
        (
            "{store: s, mode: objects, encrypt: true}",
            "encrypt | leaves no objects that others can read: use 'mode"
        ),
        ("{store: s, mode: objects, prefix: a/}", "prefix | 'a/' is not what keys begin with"),
        ("{store: s, mode: objects, prefix: ../a}", "prefix | '../a' is not what keys begin with"),
        ("{store: s, mode: objects, prefix: v/shop}", "prefix | 'v/shop' is not what keys begin with"),
        (
            "{store: s, prefix: a}",
            "volumes.data.x-martlet.prefix | is for objects alone: add 'mode: objects'"
        ),
        ("{store: s, encrypt: aes}", "volumes.data.x-martlet.encrypt | must be true or false"),
        ("{store: s, mode: sqlite, restore: lazy}", "restore | is for 'mode: snapshot' alone: use eager"),
        ("{store: s, on_store_down: panic}", "is not what happens then: use continue, readonly or stop"),
        ("{store: s, on_store_down: readonly}", "does not say when: add for example 'max_dirty: 256M'"),
        ("{store: s, on_store_down: stop}", "does not say when: add for example 'max_dirty: 256M'"),
        ("{store: s, quota: 5k}", "volumes.data.x-martlet.quota | must be at least 1M"),
        ("{store: s, retain: some}", "volumes.data.x-martlet.retain | must be a mapping"),
        ("{store: s, retain: {}}", "retain | keeps nothing: write for example 'last: 10', or all"),
        ("{store: s, retain: {last: -1}}", "retain.last | '-1' is not a whole number from 0 to 10000"),
        ("{store: s, retain: {weekly: 1}}", "volumes.data.x-martlet.retain.weekly | unknown key"),
        ("{store: s, comit: 5s}", "volumes.data.x-martlet.comit | unknown key: did you mean 'commit'?"),
        ("{store: s, commit: 10ms}", "commit | must be at least 1s and at most 24h"),
        ("{store: s, lease: {ttl: 2h}}", "lease.ttl | must be at least 3s and at most 1h"),
        ("{store: s, max_dirty: 1k}", "max_dirty | must be at least 1M"),
        ("{store: s, quiesce: {service: db}}", "quiesce | 'exec' is missing"),
        ("{store: s, quiesce: {service: db, exec: []}}", "quiesce.exec | is empty"),
        ("{store: s, quiesce: {service: x, exec: [a]}}", "quiesce.service | there is no service 'x'"),
        ("{store: s, quiesce: {service: idle, exec: [a]}}", "quiesce.service | idle does not mount data"),
    ])
    func `what is wrong is said with its place`(_ storage: String, _ problem: String) {
        do {
            _ = try Self.app(storage)
            Issue.record("taken: \(storage)")
        } catch let error as Report {
            let found = error.problems.map { "\($0.path) | \($0.what): \($0.remedy)" }
            #expect(found.contains { $0.contains(problem) }, "\(found)")
            #expect(error.problems.allSatisfy { $0.line == 8 }, "\(error)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func `another store makes new containers of those who mount it, and nothing else does`() throws {
        func keys(_ storage: String) throws -> [String] {
            let app = try Self.app(storage)
            return app.services.map { app.replaceKey(of: $0) }
        }
        let before = try keys("{store: files}")
        let app = try Self.app("{store: files}")
        for change in [
            "{store: files, commit: 1m}", "{store: files, lease: {ttl: 1m}}",
            "{store: files, max_dirty: 64M, on_store_down: stop}",
            "{store: files, retain: {last: 1}, quota: 5G, on_remove: delete}",
            "{store: files, quiesce: {service: db, exec: [sync]}}",
        ] {
            #expect(try keys(change) == before, "\(change)")
            #expect(try Self.app(change).digest != app.digest)
        }
        let after = try keys("{store: other}")
        let changed = zip(app.services, zip(before, after)).map { service, keys in
            (service.name, App.changedFields(from: keys.0, to: keys.1) ?? [])
        }
        #expect(changed.map(\.0) == ["db", "idle", "web"])
        #expect(changed.map(\.1) == [["volumes"], [], ["volumes"]])
    }

    @Test func `a file without stores has the keys that it had`() throws {
        let text = Self.text("{store: files}").replacing(" x-martlet: {store: files} ", with: "")
        let app = try App.decode(yaml: text, file: "compose.yaml", directory: "/", environment: [:])
        #expect(app.services.allSatisfy { !app.replaceKey(of: $0).contains("store") })
    }
}
