// SPDX-License-Identifier: Apache-2.0

extension Mount {
    /// What is mounted.
    public enum Source: Sendable, Equatable {
        /// A volume of the app, by its name in the file.
        case volume(String)
        /// A file or directory of the host, by its absolute path; made as a directory if asked for and absent.
        case bind(String, createsHostPath: Bool)
        /// A file system in memory.
        case tmpfs(TmpfsOptions)
    }
}
