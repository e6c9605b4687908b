// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Glibc

/// Where the agent that a verb is about keeps things.
struct FolderOptions: ParsableArguments {
    @Option(help: "Folder of images, volumes and logs. [MARTLET_STATE_DIR, /var/lib/martlet]")
    var stateDir: String?

    @Option(help: "Folder of sockets and live records. [MARTLET_RUNTIME_DIR, /run/martlet]")
    var runtimeDir: String?

    func folders() throws -> Folders {
        try Folders(
            state: stateDir ?? Self.variable("MARTLET_STATE_DIR") ?? "/var/lib/martlet",
            runtime: runtimeDir ?? Self.variable("MARTLET_RUNTIME_DIR") ?? "/run/martlet"
        )
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
