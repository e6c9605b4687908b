// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Objects
internal import Sinks
internal import Transfer

extension Node {
    /// Finds archived lines of the node, in the first of its archives by their names.
    ///
    /// Blocks.
    public nonisolated func archive(
        app: String?,
        service: String?,
        instance: Int?,
        times: ClosedRange<UInt64>
    ) throws -> ArchiveTail {
        for sink in settings.sinks {
            guard case .archive(let archive) = sink.kind, let store = stores.all[archive.store] else {
                continue
            }
            let query = ArchiveQuery(node: name, app: app, service: service, instance: instance, times: times)
            do throws(ObjectError) {
                return try ArchiveTail(store, prefix: archive.prefix, query)
            } catch {
                throw ControlError(
                    .failed,
                    "archive \(sink.name)",
                    "\(error)",
                    "see to store '\(archive.store)'"
                )
            }
        }
        throw ControlError(
            .absent,
            "archive",
            "this node has none",
            "add 'sinks: {NAME: {archive: {store: STORE}}}' to node.yaml"
        )
    }
}
