// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Networks
internal import Plan

// What an agent knows of apps and their networks when it begins.

extension Node {
    /// Makes the apps on record ours again; nothing is done for them yet.
    func recall() async {
        for (name, record) in await records.apps { await recall(name, record) }
    }

    /// Makes one app ours again; it is not there afterwards if its generation cannot be used.
    func recall(_ name: String, _ record: AppRecord) async {
        do {
            let app = try App.decode(
                yaml: record.generation.model,
                file: name,
                directory: "/",
                environment: [:]
            )
            let images = try await recalled(record.generation)
            var deployment = Deployment(app: app, generation: record.generation, images: images)
            deployment.stopped = stillStopped(record, app)
            deployment.stage = record.stage
            deployment.isGoing = record.stage == .leaving
            deployments[name] = deployment
            if deployment.stopped != record.stopped {
                try await records.setStopped(app: name, names: deployment.stopped)
            }
            try await assign(name)
        } catch {
            if record.stage == .leaving {
                deployments[name] = Deployment(orphan: name)
                deployments[name]?.isGoing = true
                return
            }
            // What runs goes on, but what it should be is not known: a new apply tells.
            events.append(.failed, app: name, "its generation on record cannot be used: \(error)")
        }
    }

    /// Answers for the networks that are there, what was asked while no agent was there first; removes those of
    /// apps that are no more.
    func serveNames() async throws {
        let networks = networks
        let apps = Set(deployments.keys).union(instances.values.map(\.record.app))
        try await sweepSockets()
        for network in try await Thread.run({ try networks.list() }) {
            if apps.contains(network.app) {
                // The trouble of one network is not the node's.
                do { try await serveNames(network) } catch {
                    served.remove("\(network.app)/\(network.name)")
                    events.append(.failed, app: network.app, "names of network \(network.name): \(error)")
                }
            } else {
                try await removeNetwork(network.name, of: network.app)
            }
        }
    }

    /// What a user stopped stays so, but for what comes back with the node: Docker's words are that `always`
    /// does and `unless-stopped` does not.
    private func stillStopped(_ record: AppRecord, _ app: App) -> Set<String> {
        let present = Set(instances(of: app.name).map(\.record.place))
        return record.stopped.filter { place in
            let name = InstanceName(app: app.name, place: place)
            let policy = name.flatMap { app.service($0.service) }?.restart.condition
            return present.contains(place) || policy == .unlessStopped
        }
    }

    /// The images that a generation was resolved to.
    func recalled(_ generation: Generation) async throws -> [String: Image] {
        let store = images
        return try await Thread.run {
            var found: [String: Image] = [:]
            for (service, digest) in generation.images {
                guard var image = try store.resolve(Digest(digest), name: "\(service)@\(digest)") else {
                    throw AgentError(
                        "recall",
                        "\(generation.app)/\(service)",
                        "image \(digest) is not here any more: bring it with `martlet image import`"
                    )
                }
                image.verdict = generation.trust?[service]
                found[service] = image
            }
            return found
        }
    }
}
