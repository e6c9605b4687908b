// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Linux
internal import Systemd

/// The socket of the API that a service manager made, as `martlet.socket` has it made.
struct APISocket {
    private static let name = "api"

    let socket: Descriptor
    /// Where clients find it.
    let path: String

    /// Nil if none is passed on; throws for one that we do not know.
    init?(_ passed: PassedSockets) throws {
        var found: (Descriptor, String)?
        for (name, socket) in passed.all {
            guard name == Self.name, found == nil else {
                throw AgentError(
                    "take sockets",
                    name,
                    "it is not known: pass on one with 'FileDescriptorName=\(Self.name)'"
                )
            }
            guard let path = PassedSockets.path(of: socket) else {
                throw AgentError("take sockets", name, "it is no unix socket: give 'ListenStream=' a path")
            }
            found = (socket, path)
        }
        guard let found else { return nil }
        (socket, path) = found
    }
}
