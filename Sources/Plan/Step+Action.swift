// SPDX-License-Identifier: Apache-2.0
public import Desired

extension Step {
    /// What to do.
    ///
    /// Each action is done before the next one begins.
    public enum Action: Sendable, Equatable, CustomStringConvertible {
        /// Make the network of this name in the app.
        case createNetwork(String)
        /// Remove the network; nothing is on it any more.
        case removeNetwork(String)
        /// Make the volume of this name in the app.
        case createVolume(String)
        /// Make a container; it does not run yet.
        case create(InstanceName)
        /// Stop and remove the container of this id and make a new one in its place; it does not run yet. The last
        /// part is why the new one does not start first, where that was asked for.
        case replace(InstanceName, id: String, StartFirstObstacle?)
        /// Make and run a new container beside the one of this id; it serves nobody yet.
        case startBeside(InstanceName, id: String)
        /// Once the new container is ready: move ports and names to it, let the one of this id drain, stop and
        /// remove it.
        case takeOver(InstanceName, id: String)
        /// Wait until all instances of the service are ready, and then for this long.
        case settle(service: String, pause: Duration)
        /// Run the job of this name to its end, once.
        case run(job: String)
        /// Put the file's limits in force for the container of this id, as it runs.
        case limit(InstanceName, id: String)
        /// Put the present contents of its files in place inside the container of this id, as it runs, and do what the
        /// file wants done then.
        case renew(InstanceName, id: String)
        /// Treat the lines of the container of this id as the file wants it, as it runs.
        case relog(InstanceName, id: String)
        /// Let the container of this id, whose processes stand still, run on.
        case thaw(InstanceName, id: String)
        /// Run the container that is in this place.
        case start(InstanceName)
        /// Ask the container to stop, and kill it after its grace period.
        case stop(InstanceName, id: String)
        /// Remove the container, which does not run.
        case remove(InstanceName, id: String)
        /// Wait until all instances of the service meet the condition. If they cannot and `isRequired`, the plan
        /// fails here; otherwise it goes on.
        case waitFor(service: String, Dependency.Condition, isRequired: Bool)

        /// For example `replace clickme/web/1`.
        public var description: String {
            switch self {
            case .createNetwork(let name): "create network \(name)"
            case .removeNetwork(let name): "remove network \(name)"
            case .createVolume(let name): "create volume \(name)"
            case .create(let name): "create \(name)"
            case .replace(let name, _, nil): "replace \(name)"
            case .replace(let name, _, let obstacle?): "replace \(name) (stop-first: \(obstacle))"
            case .startBeside(let name, _): "replace \(name) (start-first)"
            case .takeOver(let name, _): "switch to the new \(name)"
            case .settle(let service, .zero): "wait for \(service) (ready)"
            case .settle(let service, let pause): "wait for \(service) (ready, then \(pause))"
            case .run(let job): "run job \(job)"
            case .limit(let name, _): "change limits of \(name)"
            case .renew(let name, _): "change files of \(name) in place"
            case .relog(let name, _): "change logging of \(name) in place"
            case .thaw(let name, _): "let \(name) run on"
            case .start(let name): "start \(name)"
            case .stop(let name, _): "stop \(name)"
            case .remove(let name, _): "remove \(name)"
            case .waitFor(let service, let condition, _): "wait for \(service) (\(condition.rawValue))"
            }
        }
    }
}
