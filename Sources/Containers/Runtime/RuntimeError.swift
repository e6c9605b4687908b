// SPDX-License-Identifier: Apache-2.0

/// What a runtime's verb refuses, in words that engines look for.
enum RuntimeError {
    static func refused(_ verb: String, _ id: String, _ what: String) -> ContainerError {
        ContainerError(step: verb, id, cause: .unsupported(what))
    }

    static func unknown(_ verb: String, _ id: String) -> ContainerError {
        refused(verb, id, "container does not exist")
    }

    static func notRunning(_ verb: String, _ id: String) -> ContainerError {
        refused(verb, id, "container not running")
    }
}
