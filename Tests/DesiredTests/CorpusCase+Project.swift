// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

@testable internal import Desired

extension CorpusCase {
    /// The project that Martlet makes of it.
    func project() throws(Report) -> Project {
        try Project.load(
            files: files,
            directory: nil,
            environment: environment,
            profiles: Set(profiles),
            sources: SourceFiles(workingDirectory: directory, read: CorpusCase.read)
        )
    }

    private static func read(_ path: String, _ limit: Int) throws(SourceFiles.Failure) -> [UInt8] {
        var isDirectory: Bool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { throw .absent }
        if isDirectory { throw .notRegular }
        guard let content = FileManager.default.contents(atPath: path) else { throw .unreadable("no access") }
        return Array(content)
    }
}
