// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// What refers to a manifest.
extension RegistrySession {
    /// Pages of one list that are read, and what may stand on all of them.
    private static let maximumPages = 100
    private static let maximumReferrers = 10_000

    /// What refers to a manifest, by the referrers API page by page, or by the tag that stands in for it at a registry
    /// without one (distribution specification, "Listing Referrers", "Unavailable Referrers API").
    func referrers(of digest: Digest) throws(RegistryFailure) -> [ContentDescriptor] {
        var found: [ContentDescriptor] = []
        var asked: Set<TransferURL> = []
        var next: TransferURL? = endpoint.url("referrers/\(digest)")
        while let url = next {
            guard asked.insert(url).inserted, asked.count <= Self.maximumPages,
                found.count <= Self.maximumReferrers
            else {
                throw RegistryFailure(
                    ImageError(
                        "list referrers of",
                        "\(digest)",
                        .limit(
                            "more than \(Self.maximumPages) pages or \(Self.maximumReferrers) of them, or pages in a circle"
                        )
                    )
                )
            }
            let response: TransferResponse
            let bytes: [UInt8]
            do throws(RegistryFailure) {
                (response, bytes) = try document(url, fields: [("Accept", MediaType.ociIndex)], of: nil)
            } catch {
                // Only before the first page: half a list is none.
                guard asked.count == 1, error.isMissingAPI else { throw error }
                return try tagged(digest)
            }
            // A page of a portal that answers everything is no list.
            guard response.mediaType == MediaType.ociIndex else {
                throw RegistryFailure(
                    ImageError(
                        "list referrers of",
                        "\(digest)",
                        .unsupported(
                            "\(url) is \(response.mediaType ?? "of no media type"), and no image index"
                        )
                    )
                )
            }
            found += try index(bytes, "\(url)")
            next = try following(response, url)
        }
        return found
    }

    /// The next page; it is at the same server, or there is none.
    private func following(_ response: TransferResponse, _ url: TransferURL) throws(RegistryFailure)
        -> TransferURL?
    {
        guard let text = LinkField.next(in: response.all("link")) else { return nil }
        do throws(TransferError) {
            let next = try TransferURL(text, relativeTo: url)
            guard next.origin == url.origin else {
                throw TransferError("read", "\(next)", .address("the list would go on at another server"))
            }
            return next
        } catch {
            throw RegistryFailure("list referrers", error)
        }
    }

    private func tagged(_ digest: Digest) throws(RegistryFailure) -> [ContentDescriptor] {
        let tag = "sha256-\(digest.hex)"
        do throws(RegistryFailure) {
            return try index(try manifest(tag: tag).bytes, tag)
        } catch {
            guard error.error.cause == .absent else { throw error }
            return []
        }
    }

    private func index(_ bytes: [UInt8], _ subject: String) throws(RegistryFailure) -> [ContentDescriptor] {
        try finally { () throws(ImageError) in
            try ImageIndex(bytes, mediaType: MediaType.ociIndex, subject: subject).manifests
        }
    }
}

extension RegistryFailure {
    /// What registries say to a question that they do not know: the specification's 404, and what is met besides.
    fileprivate var isMissingAPI: Bool {
        switch error.cause {
        case .absent, .registry(status: 400, _), .registry(status: 405, _), .registry(status: 501, _): true
        default: false
        }
    }
}
