// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// A file under another name until it is whole.
final class Draft: Sendable {
    /// One name at a time: threads that wait for the same folder in the kernel keep its processors busy.
    private static let naming = Mutex(())

    let file: Descriptor
    private let name: String
    private let path: String
    private let isTaken = Mutex(false)

    init(_ path: String, inFolders: Bool) throws {
        if inFolders {
            let bytes = Array(path.utf8)
            for index in bytes.indices where bytes[index] == 0x2F && index > 0 {
                let folder = String(decoding: bytes[..<index], as: UTF8.self)
                guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
                    throw LinuxError("mkdir", folder, errno: errno)
                }
            }
        }
        self.path = path
        let folder = path.utf8.lastIndex(of: 0x2F).map { path[...$0] } ?? ""
        name = "\(folder).martlet-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let name = name
        file = try Self.naming.withLock { _ in
            try Descriptor.open(name, O_CREAT | O_EXCL | O_RDWR, mode: 0o666)
        }
    }

    deinit { if !isTaken.withLock({ $0 }) { unlink(name) } }

    fileprivate func take() throws {
        try Self.naming.withLock { _ in
            guard rename(name, path) == 0 else { throw LinuxError("rename", path, errno: errno) }
        }
        isTaken.withLock { $0 = true }
    }
}

/// Files that are whole, and take their names at once, or once they are on their disk.
///
/// A disk takes many for little more than one. What keeps one from its name keeps no other from its own.
final class Drafts: Sendable {
    private struct State {
        var whole: [Draft] = []
        var failure: (any Error)?
    }

    private static let most = 128

    private let isSynchronized: Bool
    private let state = Mutex(State())

    /// Whether a loss of power must leave each file as it was before, or whole.
    init(synchronized: Bool) { isSynchronized = synchronized }

    /// Takes one that is whole.
    func add(_ draft: Draft) {
        take(isSynchronized ? Self.most : 1, and: [draft])
    }

    /// Gives all that are left their names, and throws what went wrong first.
    func finish() throws {
        take(0, and: [])
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Gives all that there are their names, once they are so many.
    private func take(_ count: Int, and more: [Draft]) {
        let drafts = state.withLock { state -> [Draft] in
            state.whole += more
            guard state.whole.count >= count else { return [] }
            defer { state.whole = [] }
            return state.whole
        }
        do {
            for draft in drafts where isSynchronized {
                try draft.file.beginSynchronizing(0..<draft.file.status().size)
            }
        } catch { note(error) }
        for draft in drafts {
            do {
                if isSynchronized { try draft.file.synchronize() }
                try draft.take()
            } catch { note(error) }
        }
    }

    private func note(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }
}
