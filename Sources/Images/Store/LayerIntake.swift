// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Takes the blob of a layer from a source, until it is whole and verified.
///
/// This is all that a pull asks of a layer before it holds the writers' lock.
struct LayerIntake: Sendable {
    /// Between two reports about one layer, in bytes.
    private static let stride: Int64 = 1 << 20
    let content: ContentStore
    let scope: TransferScope
    let report: @Sendable (PullEvent) -> Void

    /// The blob; nil if somebody else brought it meanwhile.
    ///
    /// Bytes of an earlier attempt are kept where they may be right: all of them count in the digest. Where it is
    /// wrong nothing is kept, and the next place is asked for the whole.
    func fetch(_ layer: ContentDescriptor, from source: any BlobSource) throws(ImageError) -> VerifiedBlob? {
        guard let partial = try claim(layer) else { return nil }
        var failures: [ImageError] = []
        var place = 0
        while place < source.places {
            let hadSome = partial.count > 0
            do throws(ImageError) {
                try read(partial, from: source, place: place)
            } catch {
                failures.append(error)
                if scope.isCancelled { break }
                place += 1
                continue
            }
            do throws(ImageError) {
                let blob = try partial.verify()
                let size = Int64(layer.size)
                report(PullEvent(.verified, "", digest: layer.digest, done: size, total: size))
                return blob
            } catch {
                failures.append(error)
                try partial.restart()
                // What was here before may have been what is wrong.
                if !hadSome { place += 1 }
            }
        }
        if partial.count == 0 { try? partial.discard() }  // the first failure is told
        if scope.isCancelled { throw ImageError("pull", layer.digest.description, .cancelled) }
        throw RegistryClient.joined(failures, layer.digest.description)
    }

    /// Waits for others that fetch the same.
    private func claim(_ layer: ContentDescriptor) throws(ImageError) -> PartialBlob? {
        while true {
            if try content.holds(layer) { return nil }
            if let partial = try content.partial(layer) { return partial }
            guard scope.wait(for: .milliseconds(100)) else {
                throw ImageError("pull", layer.digest.description, .cancelled)
            }
        }
    }

    private func read(_ partial: PartialBlob, from source: any BlobSource, place: Int) throws(ImageError) {
        let layer = partial.content
        func tell() {
            report(
                PullEvent(
                    .transferring,
                    "",
                    digest: layer.digest,
                    done: partial.count,
                    total: Int64(layer.size)
                )
            )
        }
        var told = partial.count
        tell()
        try source.read(layer, from: partial.count, place: place) { bytes throws(ImageError) in
            try partial.append(bytes)
            guard partial.count - told >= Self.stride else { return }
            told = partial.count
            tell()
        }
    }
}
