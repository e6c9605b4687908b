// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
internal import Glibc

/// Where the agent that a verb is about keeps things.
package struct FolderOptions: ParsableArguments {
    /// `--state-dir`.
    @Option(help: "Folder of images, volumes and logs. [MARTLET_STATE_DIR, /var/lib/martlet]")
    package var stateDir: String?

    /// The folder of sockets.
    @OptionGroup package var runtime: RuntimeOptions

    package init() {}

    /// The state folder that the command line or the environment names, or the usual one.
    package var chosenState: String { namedState ?? usualState }

    /// The state folder of the agent that works, or worked last, in the runtime folder; it may not be there.
    package var foundState: String {
        if let namedState { return namedState }
        guard let resolved = realpath("\(runtime.runtime)/state", nil) else { return usualState }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private var namedState: String? { stateDir ?? RuntimeOptions.variable("MARTLET_STATE_DIR") }
    private var usualState: String { "/var/lib/martlet" }
}
