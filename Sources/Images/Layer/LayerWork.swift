// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Synchronization

/// What the two threads of a writer do and share.
///
/// `@unchecked`: `writer` and `scratch` are used by one thread at a time: the keeping one until `stored` is set, the
/// unpacking one afterwards; `scratch` by the unpacking one alone.
final class LayerWork: @unchecked Sendable {
    /// From the source to the keeping thread.
    let incoming: BlockQueue
    /// What became of it all.
    let outcome = Latch<Result<LayerReport, ImageError>>()

    private let blob: ContentDescriptor
    private let diffID: Digest
    private let layers: LayerStore
    private let scratch: LayerScratch
    private let writer: BlobWriter?
    /// From the keeping thread to the unpacking one.
    private let plain = BlockQueue()
    private let stored = Latch<Result<Void, ImageError>>()
    private let keepsPart = Atomic(false)

    init(
        _ blob: ContentDescriptor,
        diffID: Digest,
        writer: BlobWriter?,
        layers: LayerStore,
        scratch: LayerScratch,
        onRoom: (@Sendable () -> Void)?
    ) {
        incoming = BlockQueue(onRoom: onRoom)
        self.blob = blob
        self.diffID = diffID
        self.writer = writer
        self.layers = layers
        self.scratch = scratch
    }

    /// Starts both threads.
    func start() throws(ImageError) {
        do throws(LinuxError) {
            try Thread.detach { self.unpackAll() }
        } catch {
            writer?.discard()
            scratch.discard()
            throw ImageError("unpack", diffID.description, .system(error))
        }
        do throws(LinuxError) {
            try Thread.detach { self.storeAll() }
        } catch {
            let failure = ImageError("unpack", diffID.description, .system(error))
            stored.set(.failure(failure))
            plain.end(failure)
            _ = outcome.wait()
            throw failure
        }
    }

    /// Ends it from outside, unless it has ended.
    func giveUp(keepsPart: Bool) {
        if keepsPart { self.keepsPart.store(true, ordering: .releasing) }
        incoming.giveUp(givenUp)
    }

    private var givenUp: ImageError { ImageError("fetch", blob.digest.description, .malformed("given up")) }

    // MARK: The keeping thread

    private func storeAll() {
        do throws(ImageError) {
            let kept = KeptStream(incoming, expecting: blob, writer: writer)
            let stream = try InflatedStream(
                kept,
                subject: blob.digest.description,
                limits: layers.limits,
                maximumBytes: layers.limits.layerBytes
            )
            while !stream.isAtEnd {
                try plain.fill { room throws(ImageError) in try stream.read(into: room) }
            }
            try kept.check()
            stored.set(.success(()))
            plain.end()
        } catch {
            stored.set(.failure(error))
            incoming.end(error)
            plain.end(error)
        }
    }

    // MARK: The unpacking thread

    private func unpackAll() {
        do throws(ImageError) {
            let report = try layers.unpack(plain, diffID: diffID, into: scratch)
            try stored.wait().get()
            try layers.place(scratch, as: diffID)
            _ = try writer?.finish(blob.digest)
            scratch.discard()
            outcome.set(.success(report))
        } catch {
            // The other thread may be waiting at either end, and has the blob in its hands.
            incoming.end(error)
            plain.end(error)
            _ = stored.wait()
            // Bytes that were refused are worth nothing, whoever gave up meanwhile.
            let isKept = error == givenUp && keepsPart.load(ordering: .acquiring)
            if isKept { writer?.release() } else { writer?.discard() }
            scratch.discard()
            outcome.set(.failure(error))
        }
    }
}
