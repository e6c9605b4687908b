// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import ArgumentParser
internal import Glibc

/// Where the agent that a verb is about keeps things.
struct FolderOptions: ParsableArguments {
    @Option(help: "Folder of images, volumes and logs. [MARTLET_STATE_DIR, /var/lib/martlet]")
    var stateDir: String?

    @OptionGroup var runtime: RuntimeOptions

    /// Both folders, made if they are not there.
    func folders() throws -> Folders {
        try Folders(state: namedState ?? usualState, runtime: runtime.runtime)
    }

    /// The state folder of the agent that works, or worked last, in the runtime folder; it may not be there.
    var foundState: String {
        if let namedState { return namedState }
        guard let resolved = realpath("\(runtime.runtime)/state", nil) else { return usualState }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private var namedState: String? { stateDir ?? RuntimeOptions.variable("MARTLET_STATE_DIR") }
    private var usualState: String { "/var/lib/martlet" }
}
