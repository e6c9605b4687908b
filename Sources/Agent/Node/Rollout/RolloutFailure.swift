// SPDX-License-Identifier: Apache-2.0
internal import Plan

/// Why a generation is not what it should be: an instance of it cannot start, ended, or is not well.
struct RolloutFailure: Error, Equatable, CustomStringConvertible {
    /// The id of the container; nil if there is none that could say more.
    let id: String?
    /// Its place.
    let name: InstanceName
    /// For example `clickme/web/1 exited 1`.
    let description: String

    /// A run of a job.
    init(_ id: String?, name: InstanceName, _ what: String) {
        self.id = id
        self.name = name
        description = "\(name) \(what)"
    }

    /// A container that failed by itself.
    init(_ record: InstanceRecord, _ what: String) {
        (id, name) = (record.id, record.name)
        description = "\(record.name) \(what)"
    }

    /// One with which a step failed.
    init(_ record: InstanceRecord, because error: any Error) {
        (id, name) = (record.id, record.name)
        description = "\(error)"
    }
}

/// How a rollout ended that did not bring the app where its file wanted it.
enum RolloutEnd: Error, Equatable {
    /// The app is back at the generation before, for this reason.
    case returned(String)
    /// It stands between two generations, for this reason.
    case mixed(String)
}
