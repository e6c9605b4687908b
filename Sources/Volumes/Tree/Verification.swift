// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer

/// Whether every chunk of a version is in its store, and is what it is named by.
package struct Verification: Equatable, Sendable {
    /// A chunk that is not.
    package struct Damage: Equatable, Sendable {
        /// The pack that was to have it.
        package let pack: String
        /// What is wrong.
        package let reason: String
    }

    /// No more are told.
    static let maximumDamages = 1_000

    /// Chunks that were looked at, those of the tree too, and their bytes as they are stored.
    package private(set) var chunks = 0
    package private(set) var bytes = 0
    /// How many are not there or are others, and the first of them.
    package private(set) var damaged = 0
    package private(set) var damages: [Damage] = []

    /// Reads all of a version.
    ///
    /// - Throws: If its tree cannot be read, or the store cannot be asked.
    package init(of record: CommitRecord, in store: any ObjectStore, _ scope: TransferScope)
        throws(VolumeError)
    {
        let reader = ChunkReader(from: store, in: scope)
        let tree = try TreeReader.read(record.root, with: reader)
        let all = try TreeReader.references(of: tree, with: reader).sorted {
            ($0.pack, $0.offset) < ($1.pack, $1.offset)
        }
        reader.expect(all)
        for chunk in all {
            chunks += 1
            bytes += chunk.stored
            do throws(VolumeError) { _ = try reader.read(chunk) } catch {
                try note(chunk, error)
            }
        }
    }

    private mutating func note(_ chunk: ChunkReference, _ error: VolumeError) throws(VolumeError) {
        switch error.cause {
        case .damaged: break
        case .store(let cause):
            // A pack that ends early refuses what is behind its end.
            switch cause.cause {
            case .absent, .refused: break
            case .tooLarge, .unavailable, .system, .cancelled: throw error
            }
        case .refused, .system, .fenced, .unsettled, .cancelled: throw error
        }
        damaged += 1
        guard damages.count < Self.maximumDamages else { return }
        damages.append(Damage(pack: chunk.pack.hex, reason: error.reason))
    }
}

extension VolumeError {
    /// Whether what was asked for is not in the store.
    var isOfAbsence: Bool {
        if case .store(let error) = cause { error.cause == .absent } else { false }
    }
}
