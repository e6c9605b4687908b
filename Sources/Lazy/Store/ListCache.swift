// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Volumes

/// Lists of pieces of large files: in a folder each that was once wanted, in memory the last few.
final class ListCache: Sendable {
    private static let kept = 8

    private let folder: Descriptor
    private let recent = Monitor<[(name: ContentName, pieces: [FileContent.Piece])]>([])

    /// Lists below a folder.
    init(in folder: Descriptor) { self.folder = folder }

    /// A list that is here; nil for another one.
    func list(_ chunk: ChunkReference, span: Int64, depth: Int) -> [FileContent.Piece]? {
        let found = recent.hold { recent in
            recent.firstIndex { $0.name == chunk.name }.map { place in
                let list = recent.remove(at: place)
                recent.append(list)
                return list.pieces
            }
        }
        if let found { return found }
        // One that is not what its name says is as good as none.
        guard let file = try? Descriptor.open(chunk.name.hex, O_RDONLY | O_NOFOLLOW, at: folder.number),
            let bytes = try? file.readAll(limit: chunk.size), (try? ContentName(of: bytes)) == chunk.name,
            let pieces = try? FileContent.decode(bytes, span: span, depth: depth)
        else { return nil }
        remember(chunk, pieces)
        return pieces
    }

    /// A list from here or from its pack.
    func fetch(
        _ chunk: ChunkReference,
        span: Int64,
        depth: Int,
        from packs: PackSource,
        while isWanted: () -> Bool
    ) throws(VolumeError) -> [FileContent.Piece] {
        if let pieces = list(chunk, span: span, depth: depth) { return pieces }
        let bytes = try packs.read(chunk, while: isWanted)
        let pieces: [FileContent.Piece]
        do throws(FormatFlaw) {
            pieces = try FileContent.decode(bytes, span: span, depth: depth)
        } catch {
            throw VolumeError("read", "list \(chunk.name)", .damaged(error.description))
        }
        do throws(LinuxError) {
            let flags = O_WRONLY | O_CREAT | O_NOFOLLOW
            let file = try Descriptor.open(chunk.name.hex, flags, mode: 0o600, at: folder.number)
            try file.write(bytes)
        } catch {
            throw VolumeError("keep", "list \(chunk.name)", .system(error))
        }
        remember(chunk, pieces)
        return pieces
    }

    private func remember(_ chunk: ChunkReference, _ pieces: [FileContent.Piece]) {
        recent.hold { recent in
            recent.append((chunk.name, pieces))
            if recent.count > Self.kept { recent.removeFirst() }
        }
    }
}
