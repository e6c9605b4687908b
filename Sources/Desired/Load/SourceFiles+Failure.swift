// SPDX-License-Identifier: Apache-2.0

extension SourceFiles {
    /// Why a file cannot be had.
    public enum Failure: Error, Sendable, Equatable {
        /// There is nothing of that name.
        case absent
        /// It is there, but cannot be read; the text says why.
        case unreadable(String)
        /// It is larger than the limit.
        case tooLarge
        /// It is a directory, a device or the like.
        case notRegular

        /// What to say after the name of the file.
        var what: String {
            switch self {
            case .absent: "does not exist"
            case .unreadable(let why): "cannot be read: \(Characters.printable(why))"
            case .tooLarge: "is too large: a project has at most 4 MiB in all its files"
            case .notRegular: "is not a regular file"
            }
        }
    }
}
