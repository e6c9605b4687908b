// SPDX-License-Identifier: Apache-2.0

/// The files that a project may be read from, given by whoever may touch a disk.
public struct SourceFiles: Sendable {
    /// The absolute directory that names on the command line start from.
    let workingDirectory: String
    private let content: @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]

    /// Access by a function.
    ///
    /// - Parameters:
    ///   - workingDirectory: The absolute directory that the names of files start from.
    ///   - read: Gives the bytes of the file at an absolute path, if they are not more than a limit.
    public init(
        workingDirectory: String,
        read: @escaping @Sendable (_ path: String, _ limit: Int) throws(Failure) -> [UInt8]
    ) {
        self.workingDirectory = workingDirectory
        content = read
    }

    /// The bytes of a file; the limit holds even if the function forgets it.
    func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let bytes = try content(path, limit)
        guard bytes.count <= limit else { throw .tooLarge }
        return bytes
    }
}
