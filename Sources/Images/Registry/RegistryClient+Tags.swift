// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
public import Transfer

/// The tags of a repository (distribution specification, "Listing Tags").
extension RegistryClient {
    /// So many pages are read, of so many tags each if the server keeps to that.
    private static let maximumPages = 100
    private static let tagsOnPage = 1_000

    /// All tags of a repository, as the first of its servers has them that answers.
    ///
    /// Blocks on the network.
    public func tags(
        of reference: Reference,
        in scope: TransferScope = TransferScope()
    ) throws(ImageError) -> [String] {
        try first(reference, scope) { session throws(RegistryFailure) in
            var tags: [String] = []
            for _ in 0..<Self.maximumPages {
                let page = try session.tags(after: tags.last, atMost: Self.tagsOnPage)
                tags += page.tags
                guard page.hasMore, !page.tags.isEmpty else { return tags }
            }
            throw RegistryFailure(
                ImageError("list tags", "\(reference)", .limit("more than \(Self.maximumPages) pages"))
            )
        }
    }
}

extension RegistrySession {
    private struct TagList: Decodable {
        let tags: [String]?
    }

    /// The next page; where it ends is what was there last, and not what the server says.
    fileprivate func tags(after last: String?, atMost count: Int) throws(RegistryFailure) -> (
        tags: [String], hasMore: Bool
    ) {
        let parameters = [(name: "n", value: "\(count)")] + (last.map { [(name: "last", value: $0)] } ?? [])
        let url = endpoint.url("tags/list").adding(parameters)
        let (response, bytes) = try document(url, fields: [("Accept", "application/json")], of: nil)
        let list = try finally { () throws(ImageError) in
            try Document.decode(TagList.self, from: bytes, "list tags", "\(url)")
        }
        return (list.tags ?? [], response["link"] != nil)
    }
}
