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
        guard let field = demand["follow"] else { return }
        service.imageDemand.follow = field.parsed(
            "something to follow",
            "use 'tag', or a range such as ~1.4 or ^1"
        ) { ImageFollow(rawValue: $0) }
        if fields["pull_policy"]?.scalar?.text == "never" {
            field.refuse("does not go with pull_policy 'never', which asks nobody", "remove one of them")
        }
        checkFollow(field, service)
    }

    /// What it follows must be able to lead on from its own tag.
    private func checkFollow(_ field: Field, _ service: Service) {
        guard let follow = service.imageDemand.follow, !service.image.isEmpty else { return }
        guard !service.image.contains("@") else {
            return field.refuse("the image is named by its digest, which never moves", "remove one of them")
        }
        guard case .versions(let range) = follow else { return }
        let parts = service.image.split(separator: "/").last?.split(separator: ":", maxSplits: 1) ?? []
        let tag = parts.count == 2 ? parts[1] : "latest"
        guard let version = ImageVersion(tag: tag) else {
            return field.refuse(
                "the tag \(Characters.quoted(tag)) is no version",
                "begin with one, such as 1.4.2 or v1.4.2-alpine, or follow 'tag'"
            )
        }
        if !range.contains(version) {
            field.refuse("the tag \(Characters.quoted(tag)) is not in \(range)", "change one of them")
        }
    }
}
