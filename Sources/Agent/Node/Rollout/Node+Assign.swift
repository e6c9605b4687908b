// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images

extension Node {
    /// Tells every instance of an app what it is: what the file says, or, if it must be made anew, what it was
    /// made by.
    func assign(_ name: String) async throws {
        guard let deployment = deployments[name] else { return }
        let ids = instances(of: name).map(\.record.id)
        for id in ids {
            guard let record = instances[id]?.record, let wasNamed = instances[id]?.isNamed else { continue }
            let service = deployment.app.workload(record.service)
            let image = deployment.images[record.service]
            // What was told the same before need not be compared again, which takes a while.
            let isTold = instances[id]?.app == deployment.app
            let isRight =
                service.map { isTold || record.isMade(by: $0, of: deployment.app) } == true
                && image.map { "\($0.digest)" == record.imageDigest } ?? true
            if isRight {
                instances[id]?.take(deployment.app, service, image)
            } else if instances[id]?.app == nil {
                // Adopted: what it was made by is on record. If that is gone, what there is must do.
                let made = await records.generation(app: name, number: record.generation)
                if let made, let (app, images) = try? await restored(made) {
                    instances[id]?.take(app, app.workload(record.service), images[record.service])
                } else {
                    instances[id]?.take(deployment.app, service, image)
                }
            }
            guard let instance = instances[id] else { continue }
            // Another question takes the place of the one before at once.
            guard instance.phase == .running, instance.health?.inquiry != instance.inquiry else { continue }
            startHealth(id, isPresumed: wasNamed || instance.isAdopted && instance.health == nil)
        }
        try promote(name)
    }
}

extension InstanceRecord {
    /// Whether a container of this record is as a service wants it, but for its image and for what its secrets hold.
    ///
    /// A config that is changed in place makes no other container.
    func isMade(by service: Service, of app: App) -> Bool {
        guard replaceKey == app.replaceKey(of: service) else { return false }
        return app.contents(of: service, secrets: [:]).allSatisfy { path, digest in
            let isSame = contents?[path].map { $0 == digest } ?? true
            return isSame || service.reaction(toChangeOf: path) != .restart
        }
    }
}

extension Instance {
    fileprivate mutating func take(_ app: App, _ service: Service?, _ image: Image?) {
        self.app = app
        self.service = service
        self.image = image
    }
}
