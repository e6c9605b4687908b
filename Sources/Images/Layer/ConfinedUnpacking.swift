// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// The unpacking of one layer by a thread that reaches nothing by a path but the layer's own folder.
///
/// The unpacker has openat2(2) for that; this is for the day on which it, or the parser, is wrong.
///
/// `@unchecked`: whoever made it waits while the thread uses what it holds.
final class ConfinedUnpacking: @unchecked Sendable {
    private let plain: any ByteStream
    private let diffID: Digest
    private let scratch: LayerScratch
    private let limits: ImageLimits
    private let outcome = Latch<Result<LayerReport, ImageError>>()

    init(_ plain: any ByteStream, diffID: Digest, into scratch: LayerScratch, limits: ImageLimits) {
        self.plain = plain
        self.diffID = diffID
        self.scratch = scratch
        self.limits = limits
    }

    /// Unpacks all of it; refused unless the bytes have the digest.
    func run() throws(ImageError) -> LayerReport {
        try attempt("unpack", diffID.description) { () throws(LinuxError) in
            try Thread.detach {
                self.outcome.set(
                    Result { () throws(ImageError) in
                        try attempt("unpack", self.diffID.description) { () throws(LinuxError) in
                            try Confinement.enter(self.scratch.folder)
                        }
                        return try self.unpack()
                    }
                )
            }
        }
        return try outcome.wait().get()
    }

    private func unpack() throws(ImageError) -> LayerReport {
        let stream = HashedStream(plain)
        let unpacker = LayerUnpacker(tree: scratch.tree, trash: scratch.trash, limits: limits)
        try unpacker.unpack(stream, subject: diffID.description)
        let found = try stream.finish()
        guard found == diffID else {
            throw ImageError(
                "unpack",
                diffID.description,
                .mismatch(expected: "DiffID \(diffID)", found: found.description)
            )
        }
        return unpacker.report
    }
}
