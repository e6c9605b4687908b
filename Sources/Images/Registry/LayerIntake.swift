// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Takes a layer from a source into the store: kept, verified and unpacked while it comes.
struct LayerIntake: Sendable {
    /// Between two reports about one layer, in bytes.
    private static let stride: Int64 = 1 << 20
    let content: ContentStore
    let layers: LayerStore
    let scope: TransferScope
    let report: @Sendable (PullEvent) -> Void

    /// Returns once the layer is there, whoever brought it.
    ///
    /// Bytes of an earlier attempt are kept where they may be right: all of them count in the digest. Where it is
    /// wrong nothing is kept, and the next place is asked for the whole.
    func fetch(_ layer: ContentDescriptor, _ diffID: Digest, from source: any BlobSource) throws(ImageError) {
        var failures: [ImageError] = []
        var place = 0
        while place < source.places {
            guard let writer = try claim(layer, diffID) else { return }
            let outcome = take(layer, from: source, place: place, into: writer)
            guard case .failure(let failure) = outcome else {
                let size = Int64(layer.size)
                report(PullEvent(.verified, "", digest: layer.digest, done: size, total: size))
                return
            }
            failures.append(failure.error)
            if scope.isCancelled { throw ImageError("pull", layer.digest.description, .cancelled) }
            // What was here before may have been what is wrong.
            if !failure.isOfContent || writer.resumed == 0 { place += 1 }
        }
        throw RegistryClient.joined(failures, layer.digest.description)
    }

    private struct Failure: Error {
        let error: ImageError
        /// Whether the bytes are wrong, rather than their way here.
        let isOfContent: Bool
    }

    /// Waits for others that fetch the same; nil once the layer is there.
    private func claim(_ layer: ContentDescriptor, _ diffID: Digest) throws(ImageError) -> LayerWriter? {
        while true {
            if try content.holds(layer) {
                guard try !layers.holds(diffID) else { return nil }
                try layers.unpack(try content.open(layer.digest), layer, diffID: diffID)
                return nil
            }
            if let blob = try content.claim(layer) {
                return try LayerWriter(layer, diffID: diffID, writer: blob, layers: layers)
            }
            guard scope.wait(for: .milliseconds(100)) else {
                throw ImageError("pull", layer.digest.description, .cancelled)
            }
        }
    }

    private func take(
        _ layer: ContentDescriptor,
        from source: any BlobSource,
        place: Int,
        into writer: LayerWriter
    ) -> Result<Void, Failure> {
        let total = Int64(layer.size)
        var done = Int64(writer.resumed)
        var told = done
        func tell() {
            told = done
            report(PullEvent(.transferring, "", digest: layer.digest, done: done, total: total))
        }
        tell()
        var isOfContent = false
        do throws(ImageError) {
            if done < total {
                try source.read(layer, from: done, place: place) { bytes throws(ImageError) in
                    isOfContent = true
                    try writer.push(bytes)
                    isOfContent = false
                    done += Int64(bytes.count)
                    if done - told >= Self.stride { tell() }
                }
            }
            isOfContent = true
            try writer.finish()
            return .success(())
        } catch {
            writer.cancel(keepsPart: !isOfContent)
            return .failure(Failure(error: error, isOfContent: isOfContent))
        }
    }
}
