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
            guard let record = instances[id]?.record else { continue }
            let service = deployment.app.service(record.service)
            let image = deployment.images[record.service]
            let isRight =
                service.map { record.replaceKey == deployment.app.replaceKey(of: $0) } == true
                && image.map { "\($0.digest)" == record.imageDigest } ?? true
            if isRight {
                instances[id]?.take(deployment.app, service, image)
            } else if instances[id]?.app == nil {
                // Adopted: what it was made by is on record. If that is gone, what there is must do.
                let made = await records.generation(app: name, number: record.generation)
                if let made, let (app, images) = try? await restored(made) {
                    instances[id]?.take(app, app.service(record.service), images[record.service])
                } else {
                    instances[id]?.take(deployment.app, service, image)
                }
            }
            guard let instance = instances[id] else { continue }
            if instance.phase == .running, instance.health == nil { startHealth(id) }
        }
        try promote(name)
    }
}

extension Instance {
    fileprivate mutating func take(_ app: App, _ service: Service?, _ image: Image?) {
        self.app = app
        self.service = service
        self.image = image
    }
}
