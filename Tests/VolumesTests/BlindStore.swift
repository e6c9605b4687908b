// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import TestKit
internal import Transfer

/// A store some of whose objects are in no list.
struct BlindStore: ForwardingStore {
    let inner: any ObjectStore
    private let hidden: String

    init(_ inner: any ObjectStore, to hidden: String) {
        self.inner = inner
        self.hidden = hidden
    }

    func list(_ prefix: String, after key: ObjectKey?, limit: Int, in scope: TransferScope)
        throws(ObjectError) -> ObjectPage
    {
        let page = try inner.list(prefix, after: key, limit: limit, in: scope)
        return ObjectPage(
            entries: page.entries.filter { !$0.key.text.hasPrefix(hidden) },
            next: page.next ?? (page.entries.count == limit ? page.entries.last?.key : nil)
        )
    }
}
