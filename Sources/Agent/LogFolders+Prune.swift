// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc

extension LogFolders {
    /// How many logs of earlier containers in a place are kept beside the present one.
    static let kept = 2

    /// Removes all but the newest logs of earlier containers in a place.
    func prune(app: String, service: String, index: Int, keeping id: String) throws {
        let place = "\(root)/\(app)/\(service)/\(index)"
        let earlier = children(place).filter { $0 != id }.map { name in
            var status = stat()
            return (
                path: "\(place)/\(name)",
                time: stat("\(place)/\(name)", &status) == 0 ? status.st_mtim.tv_sec : 0
            )
        }
        for old in earlier.sorted(by: { $0.time > $1.time }).dropFirst(Self.kept) {
            try Folders.removeTree(old.path)
        }
    }
}
