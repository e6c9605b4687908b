// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc

extension NodeRegistry.File {
    /// Where it is.
    ///
    /// Throws when a systemd credential is named and there are none.
    func path() throws -> String {
        switch self {
        case .path(let path): return path
        case .credential(let name):
            guard let folder = getenv("CREDENTIALS_DIRECTORY") else {
                throw AgentError(
                    "read",
                    "cred:\(name)",
                    "the process has no systemd credentials: add LoadCredential=\(name):PATH to its unit"
                )
            }
            return String(cString: folder) + "/" + name
        }
    }
}
