// SPDX-License-Identifier: Apache-2.0

/// Where the API is found.
public enum ControlSocket {
    /// The socket of the agent that works in a runtime folder.
    public static func path(runtime: String) -> String { "\(runtime)/martlet.sock" }
}
