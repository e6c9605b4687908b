// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired

extension ProjectFiles {
    /// A desired state is no longer; the same limit as the agent's.
    private static let maximumFile = 4 << 20
    /// A signature by the longest key that there is needs less, and a field of a request takes no more in base64.
    private static let maximumSignature = 8 << 10
    /// How to make one file of what is more.
    static let portable = "sign what `martlet config --portable` prints, and apply that"

    /// Reads and checks the file as `desired()` does, to be sent as it is with the signature in another file.
    ///
    /// - Throws: Also if the file does not say it all by itself.
    package func signed(by path: String) throws -> (file: DesiredFile, signature: [UInt8]) {
        guard files.count == 1 else {
            throw ControlError(.invalid, path, "a signature is of one file", Self.portable)
        }
        let signature = try Self.content(of: path, Self.maximumSignature)
        let file = try desired().verbatim(Self.content(of: files[0], Self.maximumFile), file: files[0])
        return (file, signature)
    }

    private static func content(of path: String, _ limit: Int) throws(ControlError) -> [UInt8] {
        let why: String
        do throws(SourceFiles.Failure) { return try SourceFiles.content(of: path, limit: limit) } catch {
            switch error {
            case .absent: why = "does not exist"
            case .unreadable(let cause): why = "cannot be read: \(cause)"
            case .tooLarge: why = "is larger than \(limit) bytes"
            case .notRegular: why = "is not a regular file"
            }
        }
        throw ControlError(.invalid, path, why)
    }
}
