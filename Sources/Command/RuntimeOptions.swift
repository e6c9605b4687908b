// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import Control
internal import Glibc

/// Which agent a verb talks to; nothing is made in its folders.
package struct RuntimeOptions: ParsableArguments {
    /// `--runtime-dir`.
    @Option(help: "Folder of sockets and live records. [MARTLET_RUNTIME_DIR, /run/martlet]")
    package var runtimeDir: String?

    /// `--host`.
    @Option(help: "Ask the node HOST[:PORT] by TLS, not this host's agent. [MARTLET_HOST]")
    package var host: String?
    /// `--cacert`.
    @Option(help: "Who may vouch for that node, in place of the system's authorities. [MARTLET_CACERT]")
    package var cacert: String?
    /// `--cert`.
    @Option(help: "Our certificate for it. [MARTLET_CERT]")
    package var cert: String?
    /// `--key`.
    @Option(help: "The private key of that certificate. [MARTLET_KEY]")
    package var key: String?
    /// `--token-file`.
    @Option(help: "The file that holds our token for it. [MARTLET_TOKEN_FILE]")
    package var tokenFile: String?

    package init() {}

    /// The folder that the command line or the environment names, or the usual one.
    package var runtime: String { Self.runtime(runtimeDir) }

    private static func runtime(_ named: String?) -> String {
        named ?? variable("MARTLET_RUNTIME_DIR") ?? "/run/martlet"
    }

    /// The way to this host's agent, of a command line that says no more than this; nil if another host's is asked.
    package static func client(runtimeDir: String?) -> ControlClient? {
        let isRemote = runtimeDir == nil && variable("MARTLET_HOST") != nil
        return isRemote ? nil : ControlClient(runtime: runtime(runtimeDir))
    }

    /// The way to the agent.
    ///
    /// A runtime folder on the command line is closer than a host in the environment.
    package var client: ControlClient {
        get throws(ControlError) {
            let named = host ?? (runtimeDir == nil ? Self.variable("MARTLET_HOST") : nil)
            guard let named else { return ControlClient(runtime: runtime) }
            guard var node = RemoteNode(named) else {
                throw ControlError(.invalid, "--host", "'\(named)' is not a node", "write HOST or HOST:PORT")
            }
            node.authorities = cacert ?? Self.variable("MARTLET_CACERT")
            node.certificate = cert ?? Self.variable("MARTLET_CERT")
            node.key = key ?? Self.variable("MARTLET_KEY")
            node.token = tokenFile ?? Self.variable("MARTLET_TOKEN_FILE")
            return ControlClient(remote: node)
        }
    }

    /// Whether another host's agent is asked.
    package var isRemote: Bool { host != nil || (runtimeDir == nil && Self.variable("MARTLET_HOST") != nil) }

    /// The value of an environment variable; nil if it is empty too.
    package static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
