// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import ControlAPI
internal import Desired
internal import Glibc
internal import Images
internal import Keys
internal import Linux

/// The file of tokens that a verb is about.
struct TokenPlace: ParsableArguments {
    @OptionGroup var node: NodeFile
    @Option(help: "The file of tokens; the one that node.yaml names if left out.") var file: String?

    /// What the file says; one that is not there has none.
    func read() throws -> TokenFile { try Self.content(of: try path()) }

    /// Changes the file as a whole; nobody else does so meanwhile.
    func change<Result>(_ body: (inout TokenFile) throws(TokenFile.Fault) -> Result) throws -> Result {
        let path = try path()
        let folder = path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let lock = try Descriptor.open(folder.isEmpty ? "/" : folder, O_DIRECTORY | O_RDONLY)
        try check("flock", folder, flock(lock.number, LOCK_EX))
        defer { withExtendedLifetime(lock) {} }
        var tokens = try Self.content(of: path)
        let result: Result
        do throws(TokenFile.Fault) { result = try body(&tokens) } catch {
            throw ControlError(.invalid, path, "\(error)")
        }
        let new = "\(path).new"
        unlink(new)  // of one that died
        let output = try Descriptor.open(new, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o600)
        try output.write(Array(tokens.content.utf8))
        try check("fsync", new, fsync(output.number))
        try check("rename", path, rename(new, path))
        try check("fsync", folder, fsync(lock.number))
        return result
    }

    private func path() throws -> String {
        if let file { return file.hasPrefix("/") ? file : "\(Self.workingFolder)/\(file)" }
        guard let named = try node.settings().api.tokens else {
            throw ControlError(
                .invalid,
                "node.yaml",
                "names no file of tokens",
                "add for example 'api: {tokens: /etc/martlet/tokens}', or give --file"
            )
        }
        return try named.place()
    }

    private static var workingFolder: String {
        guard let name = getcwd(nil, 0) else { return "." }
        defer { free(name) }
        return String(cString: name)
    }

    private static func content(of path: String) throws -> TokenFile {
        do {
            return try TokenFile(try KeyFile.read(path, limit: TokenFile.maximumBytes))
        } catch let error as KeyFile.Fault {
            if case .system(let cause) = error, cause.errno == ENOENT { return TokenFile() }
            throw ControlError(.invalid, path, "\(error)")
        } catch {
            throw ControlError(.invalid, path, "\(error)", "mend it by hand")
        }
    }
}
