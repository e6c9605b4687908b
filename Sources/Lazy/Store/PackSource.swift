// SPDX-License-Identifier: Apache-2.0
package import Objects
package import Transfer
internal import Volumes

/// Reads parts of packs from a store that may be away for a while.
package struct PackSource: Sendable {
    /// How long is waited between two attempts at most, and how often is looked whether anybody still waits.
    private static let longestPause = Duration.seconds(5)
    private static let look = Duration.milliseconds(200)
    /// What is not what it should be is read so often: the next answer may come from another copy.
    private static let damagedAttempts = 3

    private let store: any ObjectStore
    private let scope: TransferScope
    /// For so long a store may be away until a reader is told that there is an error.
    package let patience: Duration

    /// Packs of a store.
    package init(_ store: any ObjectStore, in scope: TransferScope, patience: Duration = .seconds(300)) {
        self.store = store
        self.scope = scope
        self.patience = patience
    }

    /// Whether all was called off.
    var isCancelled: Bool { scope.isCancelled }

    /// Waits; false as soon as all is called off.
    func wait(_ duration: Duration) -> Bool { scope.wait(for: duration) }

    /// Reads a part of a pack once.
    func read(_ pack: PackName, _ range: Range<Int>) throws(VolumeError) -> [UInt8] {
        let key = try LogPlace.pack(pack)
        do throws(ObjectError) {
            let wanted = Int64(range.lowerBound)..<Int64(range.upperBound)
            return try store.get(key, wanted, limit: range.count, unless: nil, in: scope)?.bytes ?? []
        } catch {
            throw VolumeError("read", key.text, .store(error))
        }
    }

    /// What a chunk was; asks until the store is back, for as long as its patience lasts.
    ///
    /// Throws `cancelled` if nobody wants it any more.
    func read(_ chunk: ChunkReference, while isWanted: () -> Bool = { true }) throws(VolumeError) -> [UInt8] {
        let clock = ContinuousClock(), end = clock.now + patience
        var attempt = 0, pause = Duration.milliseconds(50)
        while true {
            attempt += 1
            do throws(VolumeError) {
                let stored = try read(chunk.pack, chunk.offset..<chunk.offset + chunk.stored)
                return try Self.unpack(stored[...], chunk)
            } catch {
                guard error.mayPass || attempt < Self.damagedAttempts, clock.now < end else { throw error }
            }
            let next = clock.now + pause
            while clock.now < next {
                guard isWanted(), wait(min(Self.look, next - clock.now)) else {
                    throw VolumeError("read", chunk.pack.description, .cancelled)
                }
            }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// What a chunk was, by what is stored of it.
    static func unpack(_ stored: ArraySlice<UInt8>, _ chunk: ChunkReference) throws(VolumeError) -> [UInt8] {
        do throws(FormatFlaw) { return try PackedChunk.unpack(stored, chunk) } catch {
            throw VolumeError("read", chunk.pack.description, .damaged(error.description))
        }
    }
}

extension VolumeError {
    /// Whether the store may give it when it is asked again later.
    var mayPass: Bool {
        guard case .store(let error) = cause else { return false }
        switch error.cause {
        case .unavailable, .system: return true
        case .absent, .outside, .tooLarge, .refused, .cancelled: return false
        }
    }
}
