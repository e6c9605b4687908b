// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images

extension Node {
    /// Tells every instance of an app what it is: what the file says, or, if it must be made anew, what it was
    /// made by.
    func assign(_ name: String) async throws {
        guard let deployment = deployments[name] else { return }
        let ids = instances.values.filter { $0.record.app == name }.map(\.record.id)
        for id in ids {
            // What is in the file no more is stopped as the file before said.
            guard let record = instances[id]?.record, let service = deployment.app.service(record.service)
            else { continue }
            let image = deployment.images[record.service]
            let isRight =
                record.replaceKey == deployment.app.replaceKey(of: service)
                && image.map { "\($0.digest)" == record.imageDigest } ?? true
            if isRight || instances[id]?.app == nil {
                instances[id]?.app = deployment.app
                instances[id]?.service = service
                instances[id]?.image = image
            }
            if !isRight, instances[id]?.app == deployment.app,
                let made = await records.generation(app: name, number: record.generation),
                // One that is not here any more says nothing: what there is must do.
                let (app, images) = try? await restored(made), let service = app.service(record.service)
            {
                instances[id]?.app = app
                instances[id]?.service = service
                instances[id]?.image = images[record.service]
            }
            guard let instance = instances[id] else { continue }
            if instance.phase == .running, instance.health == nil { startHealth(id) }
        }
        try promote(name)
    }
}
