// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects
internal import Testing
internal import Transfer

// Files both ways.
extension ObjectStoreSuite {
    private static let part: Int64 = 16 << 20

    @Test(arguments: StoreKind.allCases, [0, 5, (17 << 20) + 7])
    func `a file comes back as it went`(_ kind: StoreKind, _ size: Int) throws {
        let bench = try kind.empty(), files = try FileBench(), back = try FileBench()
        let file = try files.file(size), copy = try back.file(100), key = try ObjectKey("some/file")
        try bench.put("what was there", at: "some/file")
        let tag = try bench.store.upload(file, at: key, progress: files.report, in: bench.scope)
        let hash = try FileBench.sha256(file)
        let status = try bench.store.download(
            key,
            to: copy,
            sha256: hash,
            progress: back.report,
            in: bench.scope
        )
        #expect(try FileBench.sha256(copy) == hash && status.size == Int64(size))
        #expect(try bench.status("some/file") == status)
        // A store may not say what it calls what is made of parts, or not by that name.
        #expect(tag == status.tag || tag == nil && kind == .rados)
        for told in [files.progress, back.progress] {
            #expect(told == told.sorted() && told.last == Int64(size))
        }
        let cause = try bench.cause {
            _ = try bench.store.download(key, to: copy, sha256: [1], in: bench.scope)
        }
        guard case .refused(let text) = cause else {
            Issue.record("\(String(describing: cause))")
            return
        }
        #expect(text.contains("SHA-256"))
        #expect(
            try bench.cause { _ = try bench.store.download(ObjectKey("none"), to: copy, in: bench.scope) }
                == .absent
        )
        #expect(try bench.keys() == ["some/file"])
    }

    @Test(arguments: StoreKind.allCases)
    func `an object that is replaced while it is read is not half of each`(_ kind: StoreKind) throws {
        let bench = try kind.empty(), files = try FileBench(), key = try ObjectKey("a")
        let one = try files.file(17 << 20), other = try files.file(17 << 20, seed: 2)
        try bench.store.upload(one, at: key, in: bench.scope)
        let cause = try bench.cause {
            _ = try bench.store.download(
                key,
                to: files.empty(),
                progress: { done, _ in
                    guard done == Self.part else { return }
                    do { try bench.store.upload(other, at: key, in: bench.scope) } catch {
                        Issue.record(error)
                    }
                },
                in: bench.scope
            )
        }
        #expect(cause == .refused("was replaced while it was read: read it again"))
    }

    @Test(arguments: StoreKind.allCases)
    func `a file that is written to is no object, and one that was called off goes on`(_ kind: StoreKind)
        throws
    {
        let bench = try kind.empty(), files = try FileBench(), again = try FileBench()
        let file = try files.file(17 << 20), key = try ObjectKey("a")
        let scope = TransferScope()
        let cut = try bench.cause {
            try bench.store.upload(file, at: key, progress: { _, _ in scope.cancel() }, in: scope)
        }
        // A directory has it all before it tells.
        #expect(cut == (kind.isDirectory ? nil : .cancelled))
        #expect(try kind.isDirectory || bench.cause { _ = try bench.status("a") } == .absent)
        try bench.store.upload(file, at: key, progress: again.report, in: bench.scope)
        #expect(again.progress.last == Int64(17 << 20))
        let copy = try files.empty()
        _ = try bench.store.download(key, to: copy, sha256: FileBench.sha256(file), in: bench.scope)
        let upload = try FileUpload(file)
        try [1, 2, 3].withUnsafeBytes { try file.write(all: $0, at: 1) }
        guard
            case .refused(let text) = try bench.cause({
                try bench.store.upload(upload, at: ObjectKey("b"), in: bench.scope)
            })
        else {
            Issue.record("it was taken")
            return
        }
        #expect(text.contains("changed while it was read"))
        #expect(try bench.keys() == ["a"])
    }
}
