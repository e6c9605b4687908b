// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Glibc

// `apply.pause_file` of node.yaml: while it is there, nothing changes but what recovers from a crash.

extension Node {
    /// The pause file, if it is there.
    var pauseFile: String? {
        settings.pauseFile.flatMap { access($0, F_OK) == 0 ? $0 : nil }
    }

    /// Throws while the node is paused.
    func refuseWhilePaused(_ app: String) throws {
        guard let pauseFile else { return }
        throw ControlError(
            .conflict,
            app,
            "the node is paused: \(pauseFile) is there",
            "remove it, and try again"
        )
    }

    /// Tells when the pause file comes and goes; jobs begin anew when it has gone.
    func notePause() {
        guard (pauseFile != nil) != isHalted else { return }
        isHalted.toggle()
        if isHalted {
            events.append(
                .held,
                app: nil,
                "paused by \(settings.pauseFile ?? ""): crashes alone are answered"
            )
        } else {
            events.append(.resumed, app: nil, "no longer paused")
            // What was due meanwhile follows the rule for what was missed.
            jobs.watchedSince = Self.second()
            jobs.nudge()
        }
    }
}
