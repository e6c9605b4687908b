// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images
internal import Linux

// The image store on behalf of the node: what it must keep, what lies ready for it, and what it may do without.
extension Node {
    /// Keeps the images of all generations on record, and of all that runs, from every collection.
    ///
    /// The pins of what is gone go with the next call.
    func pinImages(adding digests: [Digest] = []) async throws {
        var pins = Set(digests)
        for generation in await records.generations {
            for digest in generation.images.values { pins.insert(try Digest(digest)) }
        }
        for instance in instances.values {
            if let image = instance.image { pins.insert(image.digest) }
        }
        let (store, wanted) = (images, pins)
        try await Thread.run { try store.pin(wanted, owner: "agent") }
    }

    /// At the start: pins what the node needs, and takes in what lies in the preload folder.
    func readyImages() async {
        do {
            try await pinImages()
            let (store, folder, trust) = (images, folders.preload, trust)
            for archive in try await Thread.run({ try store.preload(from: folder, trust: trust) }) {
                if case .failure(let error) = archive.outcome {
                    events.append(.failed, app: nil, "preload \(archive.path): \(error)")
                }
            }
        } catch {
            events.append(.failed, app: nil, "images: \(error)")
        }
    }

    /// Brings new images to the disk, and removes some when it fills, while the node lives; old lines go each minute, old logs each
    /// hour.
    func watchImages() {
        var policy = GarbagePolicy()
        policy.high = settings.imagesHigh
        policy.low = settings.imagesLow
        policy.minimumAge = settings.imagesMinimumAge
        let (store, events, wanted) = (images, events, policy)
        imageCaretaker = Task {
            var minutes = 0
            while (try? await Task.sleep(for: .seconds(60))) != nil {
                minutes += 1
                do {
                    try await expireLogs()
                    if minutes % 60 == 0 { try await pruneLogs() }
                } catch {
                    events.append(.failed, app: nil, "logs: \(error)")
                }
                do {
                    let report = try await Thread.run {
                        try store.settle()
                        _ = try store.collectLeftovers(wanted)
                        return try store.collectGarbage(wanted)
                    }
                    for name in report.names { events.append(.removed, app: nil, "image \(name)") }
                } catch {
                    events.append(.failed, app: nil, "images: \(error)")
                }
            }
        }
    }
}
