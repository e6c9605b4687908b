// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// Whether every chunk of some versions is in its store, and is what it is named by; one that several have is read once.
package struct Verification: Equatable, Sendable {
    /// A chunk that is not.
    package struct Damage: Equatable, Sendable {
        /// The pack that was to have it.
        package let pack: String
        /// What is wrong.
        package let reason: String
    }

    /// No more damages are told, and no more files.
    static let maximumDamages = 1_000

    /// Chunks that were looked at, those of the tree too, and their bytes as they are stored.
    package private(set) var chunks = 0
    package private(set) var bytes = 0
    /// How many are not there or are others, and the first of them.
    package private(set) var damaged = 0
    package private(set) var damages: [Damage] = []
    /// Files that cannot be had as they were, each with a version that has it.
    package private(set) var files: [TreePath: UInt64] = [:]

    private var known: Set<ChunkReference> = []
    private var bad: Set<ChunkReference> = []

    /// Reads nothing yet.
    package init() {}

    /// Reads all of a version.
    ///
    /// - Throws: If its tree cannot be read, or the store cannot be asked.
    package init(of record: CommitRecord, in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError)
    {
        try read(record, in: store, scope)
    }

    /// Reads what a version has that was not read yet.
    ///
    /// - Throws: If its tree cannot be read, or the store cannot be asked.
    package mutating func read(_ record: CommitRecord, in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError)
    {
        let reader = ChunkReader(from: store, in: scope)
        let tree = try TreeReader.read(record.root, with: reader)
        let all = try TreeReader.references(of: tree, with: reader)
        let fresh = all.subtracting(known).sorted { ($0.pack, $0.offset) < ($1.pack, $1.offset) }
        reader.expect(fresh)
        for chunk in fresh {
            chunks += 1
            bytes += chunk.stored
            do throws(VolumeError) { _ = try reader.read(chunk) } catch {
                try note(chunk, error)
            }
        }
        known.formUnion(fresh)
        guard !bad.isDisjoint(with: all) else { return }
        for entry in tree.entries where files.count < Self.maximumDamages && files[entry.path] == nil {
            guard case .file(let content) = entry.kind else { continue }
            var parts: Set<ChunkReference> = []
            try TreeReader.collect(content.pieces, depth: content.depth, with: reader, into: &parts)
            if !bad.isDisjoint(with: parts) { files[entry.path] = record.sequence }
        }
    }

    private mutating func note(_ chunk: ChunkReference, _ error: VolumeError) throws(VolumeError) {
        guard error.isOfLoss else { throw error }
        bad.insert(chunk)
        note(error.reason, pack: chunk.pack.hex)
    }

    /// Notes that a version's tree cannot be read, so that none of its files can be had.
    package mutating func noteUnreadable(_ record: CommitRecord, _ error: VolumeError) {
        note("the tree of version \(record.sequence): \(error.reason)", pack: record.root?.pack.hex ?? "")
    }

    /// Notes a damage of a pack, or of what is in none.
    package mutating func note(_ reason: String, pack: String = "") {
        damaged += 1
        guard damages.count < Self.maximumDamages else { return }
        damages.append(Damage(pack: pack, reason: reason))
    }
}

extension VolumeError {
    /// Whether what was asked for is not in the store.
    package var isOfAbsence: Bool {
        if case .store(let error) = cause { error.cause == .absent } else { false }
    }

    /// Whether what was asked for is not in the store, or not as it was stored.
    package var isOfLoss: Bool { if case .damaged = cause { true } else { isOfAbsence } }
}
