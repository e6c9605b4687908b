// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Control
internal import Glibc

/// Which agent a verb talks to; nothing is made in its folders.
struct RuntimeOptions: ParsableArguments {
    @Option(help: "Folder of sockets and live records. [MARTLET_RUNTIME_DIR, /run/martlet]")
    var runtimeDir: String?

    var runtime: String { runtimeDir ?? Self.variable("MARTLET_RUNTIME_DIR") ?? "/run/martlet" }

    var client: ControlClient { ControlClient(runtime: runtime) }

    /// The value of an environment variable; nil if it is empty too.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
