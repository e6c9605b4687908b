// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images
internal import Linux

extension Node {
    /// Judges the image of an instance that is about to start: one that came before the rules were as they are now
    /// may be refused.
    ///
    /// By the same rules as when its generation was accepted, nothing is looked at again.
    func judge(_ image: Image, of record: InstanceRecord, _ service: Service) async throws {
        let verify = service.imageDemand.verify
        // A rule that a service names is missed even where there are none any more.
        guard let trust = trust ?? (verify == nil ? nil : .open) else { return }
        let verdict: TrustVerdict
        do {
            let reference = try Reference(service.image)
            if let earlier = image.verdict,
                trust.stands(earlier, on: image.digest, as: reference, verify: verify)
            {
                return
            }
            let store = images
            verdict = try await Thread.run {
                try trust.judge(image, as: reference, verify: verify, in: store)
            }
        } catch let error as ImageError {
            throw AgentError("start", "\(record.name)", "\(error)")
        }
        instances[record.id]?.image?.verdict = verdict
        deployments[record.app]?.images[record.service]?.verdict = verdict
    }

}
