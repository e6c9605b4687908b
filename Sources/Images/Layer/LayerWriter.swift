// SPDX-License-Identifier: Apache-2.0

/// One layer on its way into the store, in one pass over its bytes: they are kept, hashed, inflated and unpacked while
/// they come.
///
/// A source pushes the blob's bytes in order. Two threads work on them: one keeps, hashes and inflates, the other
/// hashes what came out and unpacks it. A few MiB wait between them at most, whatever the layer is. Only when size,
/// digest and DiffID hold do blob and layer get their names; until then, and after any failure, there is nothing of
/// either to be seen.
public final class LayerWriter: Sendable {
    private let work: LayerWork

    /// `onRoom` is told when `offer` finds room again; from any thread, it must not block.
    init(
        _ blob: ContentDescriptor,
        diffID: Digest,
        writer: BlobWriter?,
        layers: LayerStore,
        onRoom: (@Sendable () -> Void)? = nil
    ) throws(ImageError) {
        let scratch: LayerScratch
        do throws(ImageError) {
            scratch = try layers.scratch()
        } catch {
            writer?.discard()
            throw error
        }
        resumed = writer?.size ?? 0
        work = LayerWork(
            blob,
            diffID: diffID,
            writer: writer,
            layers: layers,
            scratch: scratch,
            onRoom: onRoom
        )
        try work.start()
    }

    // Whoever forgets it has given up.
    deinit { work.giveUp(keepsPart: true) }

    /// How many of the blob's bytes an earlier attempt has kept: the source goes on behind them.
    public let resumed: Int

    /// Takes the next bytes; blocks while too many wait.
    ///
    /// - Throws: Why the layer was refused, as soon as that is known; nothing more is to be pushed then.
    public func push(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        _ = try work.incoming.put(bytes, wait: true)
    }

    /// Takes the next bytes, at most 1 MiB, if there is room for all of them; never blocks.
    ///
    /// - Returns: False if nothing was taken: `onRoom` tells when to try again.
    /// - Throws: As `push`.
    public func offer(_ bytes: UnsafeRawBufferPointer) throws(ImageError) -> Bool {
        try work.incoming.put(bytes, wait: false)
    }

    /// Tells that all bytes were pushed, and blocks until the layer is there.
    ///
    /// - Throws: Why the layer was refused; nothing of it stays.
    public func finish() throws(ImageError) { _ = try report() }

    /// Pushes all of a stream and finishes.
    func take(_ stream: any ByteStream) throws(ImageError) -> LayerReport {
        do throws(ImageError) {
            while let bytes = try stream.next() { try push(bytes) }
        } catch {
            cancel(keepsPart: false)
            throw error
        }
        return try report()
    }

    /// As `finish`; tells what was found in the layer.
    func report() throws(ImageError) -> LayerReport {
        work.incoming.end()
        return try work.outcome.wait().get()
    }

    /// Gives up because the source has, and blocks until nothing of the layer is left but, with `keepsPart`, the bytes
    /// that came: a later writer of the same blob goes on behind them.
    public func cancel(keepsPart: Bool = true) {
        work.giveUp(keepsPart: keepsPart)
        _ = work.outcome.wait()
    }
}
