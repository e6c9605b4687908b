// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects

/// Files that are read, hashed and compressed by several threads at once, where there are enough of them.
struct FilesToRead {
    /// One of them, by its name in its folder.
    struct File: Sendable {
        let folder: Descriptor
        let name: RawPath
        let path: TreePath
    }

    typealias Outcome = Result<FileReading?, any Error>

    /// A thread is not worth its making for fewer files.
    private static let share = 8
    /// Threads at most: each may have a pack of its own to send.
    static let width = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    private let files: [File]
    private let haste: Haste

    /// Some files, and who waits for them.
    init(_ files: [File], _ haste: Haste) { (self.files, self.haste) = (files, haste) }

    /// What each of them was, in their order.
    ///
    /// - Throws: What is no failure of one file: then the others are of no use either.
    func read(into chunks: ChunkWriter) throws(VolumeError) -> [Outcome] {
        let outcomes = Monitor([Outcome](repeating: .success(nil), count: files.count)),
            (files, haste) = (files, haste)
        let width = min(Self.width, files.count / Self.share)
        try Together.each(Array(files.indices), most: width) { index throws(VolumeError) in
            let file = files[index], outcome: Outcome
            do {
                outcome = .success(
                    try FileReading.read(
                        file.folder.open(itself: file.name),
                        file.path,
                        haste,
                        into: chunks
                    )
                )
            } catch let error as VolumeError {
                throw error
            } catch {
                outcome = .failure(error)
            }
            outcomes.hold { $0[index] = outcome }
        }
        return outcomes.hold { $0 }
    }
}
