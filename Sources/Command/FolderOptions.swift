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

    /// The state folder that a command line of ours is about, before anything else of it is understood.
    package static func state(in arguments: [String]) -> String {
        for (index, word) in arguments.enumerated() {
            if word == "--" { break }
            if word.hasPrefix("--state-dir=") { return String(word.dropFirst(12)) }
            if word == "--state-dir", index + 1 < arguments.count { return arguments[index + 1] }
        }
        return RuntimeOptions.variable("MARTLET_STATE_DIR") ?? usual
    }

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
    private static let usual = "/var/lib/martlet"
    private var usualState: String { Self.usual }
}
