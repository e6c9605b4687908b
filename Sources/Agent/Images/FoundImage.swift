// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images

/// What a service would run: an image that is here, or one at its registry whose layers are not asked for yet.
struct FoundImage: Sendable {
    enum Place: Sendable {
        case here(Image)
        case registry(RemoteImage)
    }

    /// The name that the service has for it.
    let reference: Reference
    /// The name that led to it: another one if the service follows a range.
    let name: Reference
    let place: Place
    /// That it may run; nil if the node has no rules for that.
    var verdict: TrustVerdict?

    init(_ reference: Reference, _ place: Place, name: Reference? = nil) {
        self.reference = reference
        self.place = place
        switch place {
        case .here(let image):
            self.name = name ?? reference
            verdict = image.verdict
        case .registry(let remote): self.name = remote.reference
        }
    }

    /// The manifest.
    var digest: Digest {
        switch place {
        case .here(let image): image.digest
        case .registry(let remote): remote.digest
        }
    }

    /// Bytes of layers that are not here.
    func missing(in store: ImageStore) throws(ImageError) -> Int64 {
        guard case .registry(let remote) = place else { return 0 }
        return try store.missing(of: remote)
    }

    /// Judges it by the rules of the node and the one that is asked for besides.
    func judge(
        by trust: TrustPolicy?,
        verify: String?,
        in store: ImageStore,
        waivingAge: Bool
    ) throws(ImageError) -> TrustVerdict? {
        switch place {
        case .registry(let remote):
            return try store.judge(
                remote,
                as: reference,
                by: trust,
                verify: verify,
                waivingAge: waivingAge
            )
        case .here(let image):
            return try trust?.judge(
                image,
                as: reference,
                verify: verify,
                in: store,
                waivingAge: waivingAge
            )
        }
    }
}

/// What the services of an app would run, by their names, and what some of it has to wait for.
struct FoundImages: Sendable {
    var services: [String: FoundImage] = [:]
    var holds: [HoldStatus] = []

    /// Whether no registry has to be asked for any of them.
    var isHere: Bool {
        services.values.allSatisfy { if case .here = $0.place { true } else { false } }
    }

    /// What a generation records of them.
    var digests: [String: String] { services.mapValues { "\($0.digest)" } }

    /// The names that led to images, of services that have another for theirs; nil if none has.
    var names: [String: String]? {
        let others = services.filter { $0.value.name != $0.value.reference }.mapValues { "\($0.name)" }
        return others.isEmpty ? nil : others
    }
}

extension Deployment {
    /// The image that a service has in this generation.
    func found(_ service: Service, _ image: Image) throws -> FoundImage {
        FoundImage(
            try Reference(service.image),
            .here(image),
            name: try Reference(generation.name(of: service))
        )
    }

    /// The image to which a service has moved by itself: a new desired state that does not speak of that leaves it
    /// there.
    func followed(by service: Service) throws -> FoundImage? {
        guard service.follows, let image = images[service.name], let before = app.service(service.name),
            before.image == service.image, before.imageDemand.follow == service.imageDemand.follow
        else { return nil }
        return try found(service, image)
    }
}
