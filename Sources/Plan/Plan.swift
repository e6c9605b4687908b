// SPDX-License-Identifier: Apache-2.0
public import Desired

/// The way from what is to what should be.
///
/// Pure: the same input gives the same steps.
public enum Plan {
    /// The steps that bring an app to its desired state, in order; none if it is there.
    ///
    /// Instances that must go are stopped first, dependents before what they depend on. Then networks and volumes
    /// are made, then services in the order of their dependencies. Volumes are never removed.
    ///
    /// - Parameters:
    ///   - observed: What the node has.
    ///   - app: What it should have.
    ///   - digests: The resolved digest of each service's image, by the service's name. A service without one keeps
    ///     the image that it runs.
    ///   - secrets: What stands for the content of each secret now, by its name; one that is not known is not compared.
    ///   - isReturn: The app goes back to a generation that was there before.
    /// - Returns: The steps, each with its reason.
    public static func plan(
        from observed: Observed,
        to app: App,
        digests: [String: String],
        secrets: [String: String] = [:],
        isReturn: Bool = false
    ) -> [Step] {
        var draft = Draft(
            observed: observed,
            app: app,
            digests: digests,
            secrets: secrets,
            isReturn: isReturn
        )
        return draft.steps()
    }

    /// The steps that remove an app but for its volumes, dependents first.
    ///
    /// - Parameters:
    ///   - observed: What the node has.
    ///   - app: The name of the app.
    /// - Returns: The steps.
    public static func teardown(of observed: Observed, app: String) -> [Step] {
        let networks = observed.networks.filter { $0.app == app }.map(\.name).sorted()
        return StopOrder.ordered(observed.instances.filter { $0.app == app }).flatMap {
            removal(of: $0, .teardown)
        }
            + networks.map { Step(.removeNetwork($0), .teardown) }
    }

    /// A stop, if it runs, and a removal.
    static func removal(of instance: Observed.Instance, _ reason: Reason) -> [Step] {
        let remove = Step(.remove(instance.name, id: instance.id), reason)
        return instance.state == .running
            ? [Step(.stop(instance.name, id: instance.id), reason), remove] : [remove]
    }
}
