// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// `image` and `x-martlet.image`.
    func image(_ fields: Fields, _ own: Fields?, into service: inout Service) {
        // Without one it has `build` or a provider, which have been refused.
        if let image = fields["image"] {
            service.image =
                image.parsed(
                    "an image reference",
                    "write for example registry.example.net/web:1.4.2",
                    ImageName.checked
                ) ?? ""
        }
        guard let demand = own?["image"].flatMap({ Fields($0, .imageExtension) }) else { return }
        service.imageDemand.verify = demand["verify"]?.parsed(
            "the name of a rule",
            "name a rule with a key under trust.images of node.yaml",
            Names.resource
        )
        service.imageDemand.minimumAge = demand["min_age"].flatMap { $0.minimumAge() }
    }
}
