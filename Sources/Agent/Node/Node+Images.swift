// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images
internal import Linux
internal import Transfer

// The images of an app: looked up, or fetched before anything that runs is stopped.

extension Node {
    /// The image of every service.
    ///
    /// A name is resolved once for a generation: what runs does not move with it.
    func resolve(_ app: App, digest: String) async throws -> [String: Image] {
        if let present = deployments[app.name], present.generation.digest == digest { return present.images }
        let allowsHostIDs = settings.allowsHostIDs
        // First what needs no network: an app that is refused anyway fetches nothing.
        try refuse(app, try await Thread.run { try Self.problems(of: app, allowsHostIDs: allowsHostIDs) })
        var resolved: [String: Image] = [:]
        var found: [String: Image] = [:]
        var problems: [ControlError.Problem] = []
        for service in app.services {
            let path = "services.\(service.name)"
            do {
                var image: Image
                if let known = found[service.image], service.pullPolicy != .never {
                    image = known
                } else {
                    image = try await self.image(of: service, app: app.name)
                    found[service.image] = image
                }
                image.verdict = try await verdict(on: image, of: service)
                resolved[service.name] = image
                if let refusal = try await Thread.run({ [image] in self.refusal(of: service, on: image) }) {
                    problems.append(
                        Self.problem("\(path).x-martlet.snapshot", refusal.what, refusal.remedy)
                    )
                }
            } catch let error as PullRefusal {
                problems.append(Self.problem("\(path).image", error.what, error.remedy))
            } catch let error as TrustRefusal {
                problems.append(
                    Self.problem(
                        "\(path).image",
                        "\(service.image): trust.images.\(error.rule) refuses it: \(error.why)",
                        error.remedy
                    )
                )
            }
        }
        try refuse(app, problems)
        return resolved
    }

    /// That the rules of the node let it run; nil where there are none.
    ///
    /// Throws `TrustRefusal` if they do not.
    private func verdict(on image: Image, of service: Service) async throws -> TrustVerdict? {
        guard let trust else { return nil }
        let store = images
        let reference = try Reference(service.image)
        return try await Thread.run {
            do throws(ImageError) { return try trust.judge(image, as: reference, in: store) } catch {
                guard case .refused(let refusal) = error.cause else { throw error }
                throw refusal
            }
        }
    }

    private struct PullRefusal: Error {
        let what: String
        let remedy: String
    }

    /// What the policy says: the image that is here, or the one that the name leads to now.
    private func image(of service: Service, app: String) async throws -> Image {
        let store = images
        let reference = try Reference(service.image)
        let policy = service.pullPolicy
        let (present, decision) = try await Thread.run { () throws -> (Image?, PullPolicy.Decision) in
            let image = try store.resolve(reference)
            let last = try store.lastPull(of: reference)
            return (
                image, policy.decision(lastPulled: last, now: Timestamp.now(), present: image != nil)
            )
        }
        if let present, decision == .use { return present }
        guard decision != .refuse else {
            throw PullRefusal(
                what: "\(service.image) is not here",
                remedy: "bring it with `martlet image pull` or `import`, or set pull_policy"
            )
        }
        events.append(.pulling, app: app, service: service.name, "pull \(reference)")
        do {
            let image = try await pull(reference)
            events.append(.pulled, app: app, service: service.name, "\(reference) is \(image.digest)")
            return image
        } catch let error as ImageError {
            events.append(.failed, app: app, service: service.name, "\(error)")
            if case .refused(let refusal) = error.cause { throw refusal }
            throw PullRefusal(
                what: "\(service.image) \(present == nil ? "is not here and" : "") cannot be pulled: \(error)"
                    .replacing("  ", with: " "),
                remedy: "mend that, or bring the image with `martlet image import`"
            )
        }
    }

    /// Pulls an image on a thread of its own; called off with the task.
    private func pull(_ reference: Reference) async throws -> Image {
        let store = images, registries = registries, trust = trust, scope = TransferScope()
        return try await withTaskCancellationHandler {
            try await Thread.run { try store.pull(reference, from: registries, trust: trust, in: scope) }
        } onCancel: {
            scope.cancel()
        }
    }

    /// Throws `ControlError` with all problems, if there are any.
    func refuse(_ app: App, _ problems: [ControlError.Problem]) throws {
        guard let first = problems.first else { return }
        throw ControlError(
            .conflict,
            app.name,
            "\(first.path): \(first.what)",
            first.remedy,
            problems: problems
        )
    }

    /// What the node cannot take, whatever the images are.
    private static func problems(of app: App, allowsHostIDs: Bool) throws -> [ControlError.Problem] {
        var problems: [ControlError.Problem] = []
        for service in app.services {
            let path = "services.\(service.name)"
            // The host's ids are the node's to give, not the app's to take.
            if service.userNamespace == .host, !allowsHostIDs {
                problems.append(
                    problem(
                        "\(path).x-martlet.userns",
                        "the node does not consent to 'host'",
                        "use 'auto', or set 'userns.allow_host' in node.yaml"
                    )
                )
            }
            if let problem = try controlGroupsProblem(service) { problems.append(problem) }
            let platform = Platform.running
            if let wanted = service.platform, !platform.isMeant(by: wanted) {
                problems.append(
                    problem(
                        "\(path).platform",
                        "the node is \(platform)",
                        "bring the app to another node, or remove the key"
                    )
                )
            }
        }
        return problems
    }

    static func problem(_ path: String, _ what: String, _ remedy: String) -> ControlError.Problem {
        ControlError.Problem(file: "", line: 0, column: 0, path: path, what: what, remedy: remedy)
    }
}
