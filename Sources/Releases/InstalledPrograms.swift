// SPDX-License-Identifier: Apache-2.0
internal import Glibc

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
    public var mark: String {
        let marks = ["martlet-agent", "martlet-keeper"].map { name in
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { return "-" }
            return "\(status.st_size)@\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return ([version] + marks).joined(separator: " ")
    }
}
