// SPDX-License-Identifier: Apache-2.0

/// Why a step is taken.
///
/// Nothing happens to an instance without one.
public enum Reason: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// The object is in the file and not on the node; the path names it.
    case new(String)
    /// These fields of the file changed.
    case changed([String])
    /// These fields differ from the file, for a user changed them on the node.
    case changedByHand([String])
    /// These fields of a running container differ from the file, for somebody changed them behind the agent's back.
    case drifted([String])
    /// The service wants another number of instances than it had.
    case scaled(service: String)
    /// The instance was lost.
    case missing(InstanceName)
    /// It was made and not started.
    case notStarted
    /// It ended with this status; nil if nobody saw it.
    case exited(Int32?)
    /// The object is on the node and not in the file.
    case gone
    /// A second container was found in one place.
    case duplicate
    /// A service it depends on, with `restart: true`, is started again.
    case dependencyRestarted(String)
    /// The service waits for this one.
    case dependency(of: String)
    /// It was to take the place of another container, which is to stay.
    case abandoned
    /// So many instances of the service are replaced at a time.
    case parallelism(String, Int)
    /// The whole app is taken down.
    case teardown

    /// For example `services.web.image changed`.
    public var description: String {
        switch self {
        case .new(let path): "\(path) is new"
        case .changed(let fields): fields.joined(separator: ", ") + " changed"
        case .changedByHand(let fields): fields.joined(separator: ", ") + " changed by hand"
        case .drifted(let fields): fields.joined(separator: ", ") + " drifted"
        case .scaled(let service): "services.\(service).deploy.replicas changed"
        case .missing(let name): "\(name) is missing"
        case .notStarted: "not running: never started"
        case .exited(let status?): "not running: exited \(status)"
        case .exited(nil): "not running: exit status unknown"
        case .gone: "no longer in the file"
        case .duplicate: "another container has its place"
        case .dependencyRestarted(let service): "services.\(service) restarted"
        case .dependency(let service): "services.\(service) depends on it"
        case .abandoned: "the container that it was to replace stays"
        case .parallelism(let service, let count): "services.\(service) is replaced \(count) at a time"
        case .teardown: "the app is taken down"
        }
    }
}
