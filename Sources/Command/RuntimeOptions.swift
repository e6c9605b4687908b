// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import Control
internal import Glibc

/// Which agent a verb talks to; nothing is made in its folders.
package struct RuntimeOptions: ParsableArguments {
    /// `--runtime-dir`.
    @Option(help: "Folder of sockets and live records. [MARTLET_RUNTIME_DIR, /run/martlet]")
    package var runtimeDir: String?

    package init() {}

    /// The folder that the command line or the environment names, or the usual one.
    package var runtime: String { runtimeDir ?? Self.variable("MARTLET_RUNTIME_DIR") ?? "/run/martlet" }

    /// The way to the agent.
    package var client: ControlClient { ControlClient(runtime: runtime) }

    /// The value of an environment variable; nil if it is empty too.
    package static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
