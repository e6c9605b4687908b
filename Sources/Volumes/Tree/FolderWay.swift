// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folders on the way to where somebody is at work in a tree: entries are in order, so most are in the one before, or
/// not far from it.
struct FolderWay {
    private var way: [(path: TreePath, folder: Descriptor)]

    init(_ root: Descriptor) { way = [(.root, root)] }

    /// The folder of a path; no link is followed, and no mount.
    mutating func folder(_ path: TreePath) throws -> Descriptor {
        while let last = way.last?.path, last != path, !path.isBelow(last) { way.removeLast() }
        guard var (place, folder) = way.last else { throw FormatFlaw("there is no root") }
        for name in path.names.dropFirst(place.names.count) {
            guard let next = place.appending(Array(name)), let name = RawPath(bytes: name) else {
                throw FormatFlaw("\(path) is no path")
            }
            folder = try folder.open(
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
            place = next
            way.append((place, folder))
        }
        return folder
    }
}
