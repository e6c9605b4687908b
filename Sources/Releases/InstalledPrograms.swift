// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The programs that were installed, by a package or by hand: what a node without any release runs.
public struct InstalledPrograms: Sendable {
    /// What a release has, and what is installed beside each other.
    public static let names = [
        "martlet", "martlet-agent", "martlet-runtime", "martlet-lazy", "martlet-keeper",
    ]

    /// Where they are.
    public let folder: String
    /// What `martlet` calls itself.
    public let version: String

    /// Programs in a folder.
    public init(folder: String, version: String) {
        self.folder = folder
        self.version = version
    }

    /// Names exactly these programs: the version, and size and time of each as the installation left them.
    ///
    /// Throws when one of those that matter is not there.
    public func mark() throws(LinuxError) -> String {
        var words = [version]
        for name in ["martlet-agent", "martlet-keeper"] {
            let path = "\(folder)/\(name)"
            var status = stat()
            try check("stat", path, stat(path, &status))
            words.append("\(status.st_size)@\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
        }
        return words.joined(separator: " ")
    }
}
